"""The Nornir inventory of the site: any inventory plugin, loaded once per process (decision 7)."""

import threading
from pathlib import Path
from typing import Any

from nornir.core import Nornir

from nornir_tasks.inventory import load_nornir
from prestage_plugin import garbage
from prestage_plugin.conf import PrestageSettings, get_settings

__all__ = ["forget_nornir", "get_nornir"]

_lock = threading.Lock()
_loaded: tuple[Any, Nornir] | None = None


def get_nornir(*, generation: object = None) -> Nornir:
    """Return the site's Nornir object; loading it is expensive, so a process keeps the last one.

    Args:
        generation: Loaded anew when this differs from the last call's, as when one of the
            inventory's files changed. The worker passes the job, so an inventory that is not
            made of files is read once per job.

    Raises:
        PrestageError: `inventory`, saying what is wrong with it.
    """
    global _loaded  # noqa: PLW0603 - a cache for the process, behind a lock
    site = get_settings()
    key = (site.nornir_config, repr(site.nornir_options), generation, _file_stamps(site))
    with _lock:
        if _loaded is None or _loaded[0] != key:
            nornir = load_nornir(site.nornir_config, **site.nornir_options)
            _loaded = (key, nornir)
            garbage.keep()
        return _loaded[1]


def forget_nornir() -> None:
    """Drop the loaded inventory, so that the next use reads it anew."""
    global _loaded  # noqa: PLW0603 - a cache for the process, behind a lock
    with _lock:
        _loaded = None


def _file_stamps(site: PrestageSettings) -> tuple[tuple[str, int, int], ...]:
    if site.nornir_config is None:
        return ()
    folder = Path(site.nornir_config).parent
    stamps = []
    for path in sorted({*folder.glob("*.yaml"), *folder.glob("*.yml")}):
        status = path.stat()
        stamps.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(stamps)
