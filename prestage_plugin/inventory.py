"""The Nornir inventory of the site: any inventory plugin, loaded once per process (decision 7).

One of files is loaded again when they have changed, any other once for each job.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from nornir.core import Nornir

from nornir_tasks.inventory import files_of, load_nornir
from prestage_plugin import garbage
from prestage_plugin.conf import PrestageSettings, get_settings

__all__ = ["forget_nornir", "get_nornir"]

_FRESH_SECONDS = 2.0
"""A file that is younger when it is read may change again within the same time stamp."""

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """An inventory and what it was made of.

    Attributes:
        nornir: It has the inventory.
        settings: Those of the site.
        files: Files that it was read from; None when not all of it comes from files.
        stamps: Their times and sizes.
        settled: None of them was so young when it was read that it may have changed since.
        generation: Of the call that loaded it.
    """

    nornir: Nornir
    settings: object
    files: tuple[Path, ...] | None
    stamps: tuple[object, ...]
    settled: bool
    generation: object

    def holds(self, settings: object, generation: object) -> bool:
        """Whether it need not be loaded anew."""
        if settings != self.settings:
            return False
        if self.files is None:
            return generation == self.generation
        stamps, _ = _stamps(self.files)
        return stamps == self.stamps and (self.settled or generation == self.generation)


_loaded: _Loaded | None = None


def get_nornir(*, generation: object = None) -> Nornir:
    """Return the site's Nornir object; loading it is expensive, so a process keeps the last one.

    Args:
        generation: The worker passes the job. An inventory that does not consist of files is
            loaded anew when this differs from the last call's.

    Raises:
        PrestageError: `inventory`, saying what is wrong with it.
    """
    global _loaded  # noqa: PLW0603 - a cache for the process, behind a lock
    site = get_settings()
    settings = (site.nornir_config, repr(site.nornir_options))
    with _lock:
        if _loaded is None or not _loaded.holds(settings, generation):
            _loaded = _load(site, settings, generation)
            garbage.keep()
        return _loaded.nornir


def forget_nornir() -> None:
    """Drop the loaded inventory, so that the next use reads it anew."""
    global _loaded  # noqa: PLW0603 - a cache for the process, behind a lock
    with _lock:
        _loaded = None


def _load(site: PrestageSettings, settings: object, generation: object) -> _Loaded:
    began = time.time()
    nornir = load_nornir(site.nornir_config, **site.nornir_options)
    files = files_of(nornir)
    if files is not None and site.nornir_config is not None:
        config = Path(site.nornir_config).expanduser()
        files = (*files, config, config / "config.yaml")
    stamps, youngest = _stamps(files or ())
    settled = youngest < began - _FRESH_SECONDS
    return _Loaded(nornir, settings, files, stamps, settled, generation)


def _stamps(files: tuple[Path, ...]) -> tuple[tuple[object, ...], float]:
    """Return times and sizes of files, and the time of the youngest in seconds of the epoch."""
    stamps: list[object] = []
    youngest = 0.0
    for path in files:
        try:
            status = path.stat()
        except OSError:
            stamps.append(None)
        else:
            stamps.append((status.st_mtime_ns, status.st_size, status.st_ino))
            youngest = max(youngest, status.st_mtime)
    return tuple(stamps), youngest
