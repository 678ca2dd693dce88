"""Write some columns of many rows."""

from collections.abc import Sequence

from django.db import connection, models, transaction

__all__ = ["update_columns"]


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
