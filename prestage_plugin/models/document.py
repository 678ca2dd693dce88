"""Columns that hold JSON documents."""

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["DocumentField", "EncodedDocument", "HoldsText", "adapt_document"]


class EncodedDocument(str):
    """A JSON document as text: what was encoded for its digest need not be encoded again."""

    __slots__ = ()


class _AsItIs(json.JSONEncoder):
    def encode(self, o: Any) -> str:
        return str(o)


def adapt_document(document: EncodedDocument, connection: BaseDatabaseWrapper) -> Any:
    """Return a document as the database's driver takes it for a JSON column."""
    return connection.ops.adapt_json_value(document, _AsItIs)


class DocumentField(models.JSONField):
    """A JSON column that takes a value or an `EncodedDocument`, and gives a value."""

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """Return what the database's driver takes."""
        if isinstance(value, EncodedDocument):
            return adapt_document(value, connection)
        return super().get_db_prep_value(value, connection, prepared)

    def get_placeholder(self, _value: Any, _compiler: Any, _connection: Any) -> str:
        """Return what stands for a value in a statement.

        On PostgreSQL, Django inserts rows as one array for each column, unless a field has a
        placeholder of its own. The driver then escapes every quotation mark of every document, one
        at a time: that took 6 ms of CPU for a device of 96 interfaces.
        """
        return "%s"


class HoldsText(models.Func):
    """Whether a JSON column that holds a list of texts holds this one; as a condition.

    Django's `contains` does the same, but not on SQLite.
    """

    arity = 2
    output_field = models.BooleanField()
    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
    arg_joiner = ") WHERE value = ("

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Return the condition for SQLite."""
        sql, parameters = super().as_sql(compiler, connection, **context)
        return f"{sql})", parameters

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Return the condition for PostgreSQL."""
        return super().as_sql(
            compiler, connection, template="(%(expressions)s)", arg_joiner=" ? ", **context
        )
