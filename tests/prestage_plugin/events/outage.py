"""A database that does not answer for a while."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.backends import POSTGRES

__all__ = ["database_away"]


@contextmanager
def database_away() -> Iterator[None]:
    """Let nobody use the test's database until the end; the test has closed its connection."""
    outage = _locked_file() if connection.vendor == "sqlite" else _closed_database()
    with outage:
        yield


@contextmanager
def _locked_file() -> Iterator[None]:
    """Keep every other writer out of SQLite's file."""
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


@contextmanager
def _closed_database() -> Iterator[None]:
    """Cut all sessions of PostgreSQL's database and let nobody in."""
    import psycopg
    from psycopg import sql

    name = str(connection.settings_dict["NAME"])
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (name,),
            )
            yield
        finally:
            server.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
