"""The secret key of the ready-made site is in no repository."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prestage_plugin.site.secret_key import load_secret_key


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRESTAGE_SECRET_KEY", raising=False)


def test_it_is_made_once_and_only_the_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    key = load_secret_key(folder)
    assert len(key) >= 50
    assert load_secret_key(folder) == key
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_secret_key, [tmp_path / "data"] * 32))
    assert len(keys) == 1


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESTAGE_SECRET_KEY", "from outside")
    assert load_secret_key(tmp_path) == "from outside"
    assert not (tmp_path / "secret_key").exists()
