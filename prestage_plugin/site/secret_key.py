"""The site's secret key, made once and kept outside the repository."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.management.utils import get_random_secret_key

__all__ = ["load_secret_key"]


def load_secret_key(folder: Path) -> str:
    """Return the key from the environment, or the one kept in `folder`, made on first use.

    Args:
        folder: The data folder; created when missing.
    """
    from_environment = os.environ.get("PRESTAGE_SECRET_KEY")
    if from_environment:
        return from_environment
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
    return path.read_text(encoding="ascii")


def _make(path: Path) -> None:
    """Put a new key there in one step; of several processes that start at once, one wins."""
    with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as draft:
        draft.write(get_random_secret_key())
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, path)
