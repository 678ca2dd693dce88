"""Settings of the tests: the ready-made site's, in a folder of their own per test process.

`PRESTAGE_TEST_BACKEND` chooses the database and the broker (`tests.backends`). A cluster that a
test starts as a process gets the test's database from the environment.
"""

import atexit
import json
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from tests.backends import BACKENDS

if "PRESTAGE_TEST_FOLDER" not in os.environ:
    os.environ["PRESTAGE_TEST_FOLDER"] = tempfile.mkdtemp(prefix="prestage-tests-")
    atexit.register(shutil.rmtree, os.environ["PRESTAGE_TEST_FOLDER"], ignore_errors=True)
os.environ["PRESTAGE_DATA"] = os.environ["PRESTAGE_TEST_FOLDER"]
os.environ["PRESTAGE_DEVELOPMENT"] = "1"

os.environ.update(BACKENDS[os.environ.get("PRESTAGE_TEST_BACKEND", "sqlite")])

from prestage_plugin.site.settings import *  # noqa: F403 - after the environment is set
from prestage_plugin.site.settings import CACHES, DATA, DATABASES, PRESTAGE, Q_CLUSTER

# Of its own for each test process, so that test runs do not take each other's messages and do not
# empty each other's cache.
ME = os.environ.get("PYTEST_XDIST_WORKER", "main")
Q_CLUSTER["name"] = f"{Path(DATA).name}-{ME}"
CACHES["default"]["LOCATION"] = Path(DATA) / f"cache-{ME}"
if "PRESTAGE_POSTGRES" in os.environ:
    DATABASES["default"]["TEST"] = {"NAME": Path(DATA).name.replace("-", "_")}
else:
    # A file, not memory: threads and processes of a test share it as they do in a real site.
    DATABASES["default"]["TEST"] = {"NAME": Path(DATA) / "test.sqlite3"}
if "PRESTAGE_TEST_DATABASE" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["PRESTAGE_TEST_DATABASE"]
PRESTAGE |= {
    "LEASE": float(os.environ.get("PRESTAGE_TEST_LEASE", "30")),
    # Only the tests of auto prestaging want jobs that nobody asked for.
    "AUTO": False,
}
PRESTAGE |= json.loads(os.environ.get("PRESTAGE_TEST_SETTINGS", "{}"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if "PRESTAGE_TEST_CLOCK" in os.environ:
    # A host whose clock is off, in seconds. libfaketime cannot do it: it breaks `time.sleep`.
    OFF = timedelta(seconds=float(os.environ["PRESTAGE_TEST_CLOCK"]))
    right_now = timezone.now
    timezone.now = lambda: right_now() + OFF
