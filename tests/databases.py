"""Databases of PostgreSQL that a program makes for itself and drops when it ends."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from tests.backends import POSTGRES

__all__ = ["address_of", "copy_database", "temporary_database"]


@contextmanager
def temporary_database(prefix: str) -> Iterator[str]:
    """Make an empty database; yields its name.

    Args:
        prefix: Of the name.
    """
    name = f"{prefix}_{secrets.token_hex(4)}"
    _execute(f"CREATE DATABASE {name}")
    try:
        yield name
    finally:
        _execute(f"DROP DATABASE {name} WITH (FORCE)")


def copy_database(source: str, target: str) -> None:
    """Put a copy of a database, to which nobody is connected, in the place of another.

    Args:
        source: Name of what is copied.
        target: Name of what is replaced.
    """
    _execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
    _execute(f"CREATE DATABASE {target} TEMPLATE {source}")


def address_of(name: str) -> str:
    """Return the value of `PRESTAGE_POSTGRES` for a database."""
    words = [word for word in POSTGRES.split() if not word.startswith("dbname=")]
    return " ".join([*words, f"dbname={name}"])


def _execute(statement: str) -> None:
    import psycopg

    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(statement)
