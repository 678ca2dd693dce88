"""A fresh copy of one database for each caller."""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.databases import copy_database

__all__ = ["keep_template", "renew_database"]

_SQLITE = Path(settings.DATA) / "template.sqlite3"


def keep_template() -> None:
    """Keep the database as it is now."""
    _copy(to_template=True)


def renew_database() -> None:
    """Make the database what was kept."""
    _copy(to_template=False)


def _copy(*, to_template: bool) -> None:
    connection.close()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        source, target = (name, _SQLITE) if to_template else (_SQLITE, name)
        shutil.copy(source, target)
        return
    template = os.environ["PRESTAGE_FUZZ_TEMPLATE"]
    copy_database(*((name, template) if to_template else (template, name)))
