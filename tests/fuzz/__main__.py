"""`python -m tests.fuzz`: every kind of caller against every operation (`make fuzz-api`).

Each has a fresh copy of a database with data of every kind. It ends with status 1 when an answer
was a 5xx, had a status that is not documented, or lay outside its schema.
"""

import os
import sys
import tempfile

import django

with tempfile.TemporaryDirectory(prefix="prestage-fuzz-") as folder:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.fuzz.settings",
        "PRESTAGE_DATA": folder,
        "PRESTAGE_DEVELOPMENT": "1",
    }
    django.setup()

    from tests.fuzz.program import main

    status = main()
sys.exit(status)
