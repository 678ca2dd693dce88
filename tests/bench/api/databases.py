"""Databases of a benchmark's own, on both backends."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import address_of, temporary_database

__all__ = ["BACKENDS", "site_environment"]

BACKENDS = ("sqlite", "postgres")


@contextmanager
def site_environment(backend: str, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a site with a new, empty database.

    Args:
        backend: One of `BACKENDS`.
        folder: For everything else of the site.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.bench.api.settings",
        "PRESTAGE_DATA": str(folder),
        "PRESTAGE_DEVELOPMENT": "1",
        "PRESTAGE_SECRET_KEY": secrets.token_urlsafe(60),
    }
    if backend == "sqlite":
        yield environment
        return
    with temporary_database("bench_api") as name:
        yield environment | {"PRESTAGE_POSTGRES": address_of(name)}
