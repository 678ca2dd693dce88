"""A database of its own for each measurement."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.backends import POSTGRES

__all__ = ["DATABASES", "database", "postgres_process", "why_left_out"]

DATABASES = ("sqlite", "postgres")


def why_left_out(name: str) -> str:
    """Say in a sentence why a database cannot be measured; empty when it can."""
    if name == "sqlite":
        return ""
    import psycopg

    try:
        psycopg.connect(POSTGRES, connect_timeout=5).close()
    except psycopg.OperationalError:
        return f"PostgreSQL does not answer ({POSTGRES}; PRESTAGE_TEST_POSTGRES names another)."
    return ""


@contextmanager
def database(name: str) -> Iterator[dict[str, str]]:
    """Return what has to be in the environment of a site on a new database; SQLite needs nothing.

    The database is dropped at the end; a SQLite file goes with its folder.
    """
    if name == "sqlite":
        yield {}
        return
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    new = f"prestage_bench_{secrets.token_hex(4)}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(new)))
        try:
            yield {"PRESTAGE_POSTGRES": make_conninfo(POSTGRES, dbname=new)}
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(new)))


def postgres_process() -> psutil.Process | None:
    """Return the root of the database server's processes, when it is on this machine.

    Django must be set up.
    """
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    try:
        found = psutil.Process(pid)
        return found.parent() if found.name().startswith("postgres") else None
    except psutil.NoSuchProcess:
        return None
