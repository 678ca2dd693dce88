"""The site's secret key, made once and kept outside the repository."""

import os
from pathlib import Path

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
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # Exclusive creation: of several processes that start at once, one makes the key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(get_random_secret_key())
    return path.read_text(encoding="ascii").strip()
