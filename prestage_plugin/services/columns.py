"""Write some columns of many rows, or of one very often."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias

from django.db import connection, models, transaction

from prestage_plugin.models.document import EncodedDocument, adapt_document

__all__ = [
    "MOST_ROWS",
    "insert_rows",
    "insert_statement",
    "replace_rows",
    "update_columns",
    "update_rows",
]

MOST_ROWS = 500
"""Rows of one statement; fewer where the database does not take so many values."""

_Row = Sequence[Any]
_Field: TypeAlias = "models.Field[Any, Any]"

_TAKEN_AS_THEY_ARE: tuple[tuple[type[Any], type], ...] = (
    (models.CharField, str),
    (models.BooleanField, bool),
    (models.IntegerField, int),
)
"""What Django would hand to the driver unchanged, after four calls for each value."""


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[_Row]) -> None:
    """Insert rows in the caller's transaction; other columns get the database's defaults.

    The same as `bulk_create` without instances of the model and without expressions, which took
    more than half of the CPU that an event costs a web process.

    Args:
        model: Their model, which has no parents.
        columns: Names of the fields that are given.
        rows: A value for each of the columns.

    Raises:
        IntegrityError: A constraint does not allow it.
    """
    with connection.cursor() as cursor:
        for some in _batches(rows, len(columns)):
            cursor.execute(*insert_statement(model, columns, some))


def replace_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[_Row]) -> None:
    """Insert rows, and where there is one with the same primary key, write the columns over it.

    Args:
        model: Their model, which has no parents.
        columns: Names of the fields that are given, of which the first is the primary key.
        rows: A value for each of the columns.
    """
    quote = connection.ops.quote_name
    key, *others = (quote(str(field.column)) for field in _fields(model, columns))
    written = ", ".join(f"{column} = EXCLUDED.{column}" for column in others)
    with connection.cursor() as cursor:
        for some in _batches(rows, len(columns)):
            statement, values = insert_statement(model, columns, some)
            cursor.execute(f"{statement} ON CONFLICT ({key}) DO UPDATE SET {written}", values)


def insert_statement(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[_Row]
) -> tuple[str, list[Any]]:
    """Return the statement that inserts rows, and its parameters.

    Args:
        model: Their model, which has no parents.
        columns: Names of the fields that are given.
        rows: A value for each of the columns; `MOST_ROWS` of them at most.
    """
    fields = _fields(model, columns)
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    one = f"({', '.join(['%s'] * len(fields))})"
    values = list(chain.from_iterable(_prepared(fields, rows)))
    # Only names of our own tables and columns; the values are parameters.
    into = f"INSERT INTO {_table(model)} ({names}) VALUES "  # noqa: S608
    return into + ", ".join([one] * len(rows)), values


def _batches(rows: Sequence[_Row], width: int) -> Iterator[Sequence[_Row]]:
    most = connection.features.max_query_params
    size = min(MOST_ROWS, most // width) if most else MOST_ROWS
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def update_columns(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write columns of rows of one table that exist; a row that is gone stays gone.

    Args:
        rows: The rows, in the order in which they are written.
        columns: Names of their fields.
    """
    if rows:
        model = type(rows[0])
        values = attrgetter(*(field.attname for field in _fields(model, columns)), "pk")
        update_rows(model, columns, list(map(values, rows)))


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[_Row]) -> None:
    """Write columns of rows of one table that exist; a row that is gone stays gone.

    The same as `bulk_update`, which builds a `CASE` expression for each column of each row: that
    took 1.4 ms of CPU a row, more than to read a device's configuration, and this takes 0.03.

    Args:
        model: Their model.
        columns: Names of its fields.
        rows: A value for each of the columns and then the primary key, in the order in which they
            are written.
    """
    if not rows:
        return
    quote = connection.ops.quote_name
    *written, key = fields = [*_fields(model, columns), model._meta.pk]  # noqa: SLF001 - see `_fields`
    assignments = ", ".join(f"{quote(str(field.column))} = %s" for field in written)
    # Only names of our own tables and columns; the values are parameters.
    statement = (
        f"UPDATE {_table(model)} SET {assignments} "  # noqa: S608
        f"WHERE {quote(str(key.column))} = %s"
    )
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(statement, list(_prepared(fields, rows)))


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - see `_fields`


def _fields(model: type[models.Model], columns: Sequence[str]) -> list[_Field]:
    meta = model._meta  # noqa: SLF001 - a documented interface of Django
    known = {field.name: field for field in meta.concrete_fields}
    return [known[name] for name in columns]


def _prepared(fields: Sequence[_Field], rows: Sequence[_Row]) -> Iterator[tuple[Any, ...]]:
    """Return the rows as the database's driver takes them."""
    columns = zip(*rows, strict=True)
    return zip(*map(_prepare_column, fields, columns), strict=True)


def _prepare_column(field: _Field, values: Iterable[Any]) -> list[Any]:
    column = field.target_field if isinstance(field, models.ForeignKey) else field
    plain = next((kind for known, kind in _TAKEN_AS_THEY_ARE if isinstance(column, known)), None)
    prepare = _preparation(field)
    # Not `isinstance`: True is no number for PostgreSQL.
    return [value if value is None or type(value) is plain else prepare(value) for value in values]


def _preparation(field: _Field) -> Callable[[Any], Any]:
    def prepare(value: Any) -> Any:
        if isinstance(value, EncodedDocument):
            return adapt_document(value, connection)
        return field.get_db_prep_save(value, connection)

    return prepare
