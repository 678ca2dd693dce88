"""Settings of the site that is fuzzed: nothing limited, nothing told, nothing kept."""

import os
from pathlib import Path

from prestage_plugin.conf import API_RATES
from prestage_plugin.site.settings import *  # noqa: F403
from prestage_plugin.site.settings import CACHES, DATA, DATABASES, PRESTAGE
from tests.prestage_plugin.api.inventory import INVENTORY

# As in production: a defect is a problem document, not Django's page for developers.
DEBUG = False
ALLOWED_HOSTS = ["*"]
PRESTAGE |= INVENTORY | {"API_RATES": dict.fromkeys(API_RATES), "AUTO": False}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
if "PRESTAGE_POSTGRES" not in os.environ:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(DATA) / "fuzz.sqlite3",
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;",
            "transaction_mode": "IMMEDIATE",
        },
    }
DATABASES["default"]["CONN_MAX_AGE"] = None
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    # Refused requests are no news here; what goes wrong inside is.
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "level": "ERROR"}
    },
    "root": {"handlers": ["stderr"]},
}
