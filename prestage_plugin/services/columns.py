"""Write some columns of many rows, or of one very often."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, models, transaction

__all__ = ["MOST_ROWS", "insert_rows", "insert_statement", "update_columns"]

MOST_ROWS = 500
"""Rows of one statement; fewer where the database does not take so many values."""


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
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


def insert_statement(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[str, list[Any]]:
    """Return the statement that inserts rows, and its parameters.

    Args:
        model: Their model, which has no parents.
        columns: Names of the fields that are given.
        rows: A value for each of the columns; `MOST_ROWS` of them at most.
    """
    meta = model._meta  # noqa: SLF001 - a documented interface of Django
    known = {field.name: field for field in meta.concrete_fields}
    fields = [known[name] for name in columns]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    one = f"({', '.join(['%s'] * len(fields))})"
    values = [
        field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in zip(fields, row, strict=True)
    ]
    # Only names of our own tables and columns; the values are parameters.
    into = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES "  # noqa: S608
    return into + ", ".join([one] * len(rows)), values


def _batches(rows: Sequence[Sequence[Any]], width: int) -> Iterator[Sequence[Sequence[Any]]]:
    most = connection.features.max_query_params
    size = min(MOST_ROWS, most // width) if most else MOST_ROWS
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def update_columns(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write columns of rows of one table that exist; a row that is gone stays gone.

    The same as `bulk_update`, which builds a `CASE` expression for each column of each row: that
    took 1.4 ms of CPU a row, more than to read a device's configuration, and this takes 0.05.

    Args:
        rows: The rows, in the order in which they are written.
        columns: Names of their fields.
    """
    if not rows:
        return
    meta = type(rows[0])._meta  # noqa: SLF001 - a documented interface of Django
    fields = {field.name: field for field in meta.concrete_fields}
    written = [fields[name] for name in columns]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(str(field.column))} = %s" for field in written)
    # Only names of our own tables and columns; the values are parameters.
    statement = (
        f"UPDATE {quote(meta.db_table)} SET {assignments} "  # noqa: S608
        f"WHERE {quote(str(meta.pk.column))} = %s"
    )
    values = [
        [
            *(each.get_db_prep_save(getattr(row, each.attname), connection) for each in written),
            row.pk,
        ]
        for row in rows
    ]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(statement, values)
