"""The ready-made site as a benchmark runs it: no jobs but those that it starts."""

import json
import os

from prestage_plugin.site.settings import *  # noqa: F403
from prestage_plugin.site.settings import PRESTAGE

PRESTAGE |= {"AUTO": False} | json.loads(os.environ.get("PRESTAGE_BENCH_SETTINGS", "{}"))
# As a site runs; with it Django would keep and quote every statement.
DEBUG = False
