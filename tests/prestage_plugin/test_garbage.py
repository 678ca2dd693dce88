"""Searching for garbage less often is for processes that carry jobs, and loses none of it."""

import gc
import subprocess
import sys

from prestage_plugin import garbage

WORKER = """
import gc, weakref
from prestage_plugin import garbage

class Inventory:
    def __init__(self):
        self.myself = self

gc.disable()
garbage.collect_rarely()
assert gc.get_threshold()[0] == 10_000
first = Inventory()
garbage.keep()
assert gc.get_freeze_count() > 1000
gone = weakref.ref(first)
del first
gc.collect()
assert gone() is not None  # it is not looked at ...
garbage.keep()
assert gone() is None  # ... until the next one is loaded
"""


def test_other_processes_keep_their_settings() -> None:
    before = (gc.get_threshold(), gc.get_freeze_count())
    garbage.keep()
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_what_is_kept_is_searched_when_something_else_is_loaded() -> None:
    subprocess.run([sys.executable, "-c", WORKER], check=True, timeout=60)
