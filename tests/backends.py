"""The databases and brokers that the engine's tests run on."""

import os

__all__ = ["BACKENDS", "POSTGRES", "REDIS", "missing_services"]

POSTGRES = os.environ.get("PRESTAGE_TEST_POSTGRES", "dbname=postgres host=127.0.0.1 user=postgres")
"""The PostgreSQL of the development machine; the tests make databases of their own in it."""
REDIS = os.environ.get("PRESTAGE_TEST_REDIS", "redis://127.0.0.1:6379/9")
"""The Redis of the development machine; the tests use keys of their own in it."""

# `PRESTAGE_TEST_BACKEND` names one; its variables are the site's (`prestage_plugin.site`).
BACKENDS: dict[str, dict[str, str]] = {
    "sqlite": {},
    "postgres": {"PRESTAGE_POSTGRES": POSTGRES},
    "postgres-redis": {"PRESTAGE_POSTGRES": POSTGRES, "PRESTAGE_REDIS": REDIS},
}


def missing_services() -> str:
    """Say in a sentence what does not answer; empty when everything does."""
    import psycopg
    import redis

    try:
        psycopg.connect(POSTGRES, connect_timeout=5).close()
    except psycopg.OperationalError:
        return f"The tests need PostgreSQL ({POSTGRES}), which does not answer; start it."
    try:
        with redis.Redis.from_url(REDIS, socket_connect_timeout=5) as client:
            client.ping()
    except redis.RedisError:
        return f"The tests need Redis ({REDIS}), which does not answer; start it."
    return ""
