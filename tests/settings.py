"""Settings of the tests: the ready-made site's, in a folder of their own per test process.

A cluster that a test starts as a process gets the test's database from the environment.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "PRESTAGE_TEST_FOLDER" not in os.environ:
    os.environ["PRESTAGE_TEST_FOLDER"] = tempfile.mkdtemp(prefix="prestage-tests-")
    atexit.register(shutil.rmtree, os.environ["PRESTAGE_TEST_FOLDER"], ignore_errors=True)
os.environ["PRESTAGE_DATA"] = os.environ["PRESTAGE_TEST_FOLDER"]
os.environ["PRESTAGE_DEVELOPMENT"] = "1"

from prestage_plugin.site.settings import *  # noqa: F403 - after the environment is set
from prestage_plugin.site.settings import DATA, DATABASES, PRESTAGE

# A file, not memory: threads and processes of a test share it as they do in a real site.
DATABASES["default"]["TEST"] = {"NAME": Path(DATA) / "test.sqlite3"}
if "PRESTAGE_TEST_DATABASE" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["PRESTAGE_TEST_DATABASE"]
PRESTAGE |= {"LEASE": float(os.environ.get("PRESTAGE_TEST_LEASE", "30"))}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
