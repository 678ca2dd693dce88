"""`python -m tests.fuzz`: every kind of caller against every operation (`make fuzz-api`).

Each has a fresh copy of a database with data of every kind. It ends with status 1 when an answer
was a 5xx, had a status that is not documented, or lay outside its schema.
"""

import os
import sys
import tempfile
from contextlib import ExitStack

import django

from tests.databases import address_of, temporary_database
from tests.fuzz.options import parse

options = parse()
with ExitStack() as stack:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="prestage-fuzz-"))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.fuzz.settings",
        "PRESTAGE_DATA": folder,
        "PRESTAGE_DEVELOPMENT": "1",
    }
    if options.database == "postgres":
        name = stack.enter_context(temporary_database("fuzz_api"))
        template = stack.enter_context(temporary_database("fuzz_api_template"))
        os.environ |= {"PRESTAGE_POSTGRES": address_of(name), "PRESTAGE_FUZZ_TEMPLATE": template}
    django.setup()

    from tests.fuzz.program import main

    status = main(options)
sys.exit(status)
