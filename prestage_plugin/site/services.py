"""What the ready-made site gets from its environment variables: database, broker, secrets."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

__all__ = ["broker_options", "database", "webhook_secrets"]

_KEYWORDS = {
    "dbname": "NAME",
    "user": "USER",
    "password": "PASSWORD",
    "host": "HOST",
    "port": "PORT",
}


def database(environment: Mapping[str, str], *, folder: Path) -> dict[str, Any]:
    """Return Django's settings of the database: PostgreSQL when it is named, or a SQLite file.

    Args:
        environment: `PRESTAGE_POSTGRES` holds libpq keywords,
            e.g. `dbname=prestage host=127.0.0.1`; a password belongs into `~/.pgpass`.
        folder: Where the SQLite file goes.
    """
    if "PRESTAGE_POSTGRES" in environment:
        return _postgres(environment["PRESTAGE_POSTGRES"])
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "prestage.sqlite3",
        "OPTIONS": {
            # Readers and the one writer at a time do not block each other, and a transaction
            # that will write waits for its turn at the start instead of failing in the middle.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }


def broker_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what differs from `CLUSTER_OPTIONS`: the broker and the number of processes.

    Args:
        environment: `PRESTAGE_REDIS` is a URL, e.g. `redis://127.0.0.1:6379/3`;
            `PRESTAGE_CLUSTER_WORKERS` a number.
    """
    options: dict[str, Any] = {}
    if "PRESTAGE_REDIS" in environment:
        options |= {"orm": None, "redis": environment["PRESTAGE_REDIS"]}
    if "PRESTAGE_CLUSTER_WORKERS" in environment:
        options["workers"] = int(environment["PRESTAGE_CLUSTER_WORKERS"])
    return options


def webhook_secrets(environment: Mapping[str, str]) -> Any:
    """Return the secret of each sender of webhooks by its name; `manage.py check` looks at them.

    Args:
        environment: `PRESTAGE_WEBHOOK_SECRETS` names a JSON file that holds them.

    Raises:
        ImproperlyConfigured: The file cannot be read.
    """
    path = environment.get("PRESTAGE_WEBHOOK_SECRETS")
    if path is None:
        return {}
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Without the cause, which may show what is in the file.
        raise ImproperlyConfigured(
            f"PRESTAGE_WEBHOOK_SECRETS names {path}, which is no JSON file that can be read."
        ) from None


def _postgres(keywords: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - an optional dependency

    given = conninfo_to_dict(keywords)
    settings: dict[str, Any] = {
        name: str(given.pop(keyword)) for keyword, name in _KEYWORDS.items() if keyword in given
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {
            # A database host that vanished must not hang a worker longer than a lease lasts.
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            **given,
        },
        **settings,
    }
