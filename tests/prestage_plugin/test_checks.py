"""What `manage.py check` says about a site's settings."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from prestage_plugin.checks import check_cluster, check_database, check_settings
from prestage_plugin.conf import PrestageSettings, get_settings
from prestage_plugin.queue import CLUSTER_OPTIONS

CONFIG = str(Path(__file__))


@pytest.mark.parametrize(
    ("prestage", "ids"),
    [
        ({"NORNIR_CONFIG": CONFIG}, []),
        ({"NORNIR_OPTIONS": {"inventory": {}}}, []),
        ({}, ["prestage.W002"]),
        ({"NORNIR_CONFIG": "/nowhere.yaml"}, ["prestage.W003"]),
        ({"NORNIR_CONFIG": CONFIG, "SHARDSIZE": 1}, ["prestage.E001"]),
        ({"NORNIR_CONFIG": CONFIG, "PROFILE": "csx"}, ["prestage.E004"]),
        ({"NORNIR_CONFIG": CONFIG, "CAPABILITY_POLICY": "some"}, ["prestage.E005"]),
        ({"NORNIR_CONFIG": CONFIG, "SHARD_SIZE": 0, "LEASE": -1}, ["prestage.E006"] * 2),
        ({"NORNIR_CONFIG": CONFIG, "AUTO_WAIT": 0}, ["prestage.E006"]),
        ({"NORNIR_CONFIG": CONFIG, "AUTO_JOBS": 0}, ["prestage.E006"]),
        ({"NORNIR_CONFIG": CONFIG, "FAILURE_THRESHOLD": 101}, ["prestage.E007"]),
    ],
)
def test_settings(settings: Any, prestage: dict[str, Any], ids: list[str]) -> None:
    settings.PRESTAGE = prestage
    assert [message.id for message in check_settings(None)] == ids


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (None, None),
        ("builtins.dict", None),
        ("tests.prestage_plugin.test_checks.CONFIG", "is not callable"),
        ("tests.prestage_plugin.test_checks.nowhere", "cannot be imported (ImportError)"),
        ("no_such_module.name", "cannot be imported (ModuleNotFoundError)"),
        ("nodots", "cannot be imported (ImportError)"),
        ("", "cannot be imported (ImportError)"),
        (7, "cannot be imported (AttributeError)"),
    ],
)
def test_what_says_who_uses_roles_must_be_there(
    settings: Any, path: Any, problem: str | None
) -> None:
    settings.PRESTAGE = {"NORNIR_CONFIG": CONFIG, "ROLE_DEPENDENCIES": path}
    messages = check_settings(None)
    assert [message.id for message in messages] == (["prestage.E009"] if problem else [])
    assert all(str(problem) in message.msg for message in messages)


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"timeout": None}, ["prestage.E011"]),
        ({"timeout": 1.5}, ["prestage.E011"]),
        ({"timeout": 700}, ["prestage.E011"]),
        ({"timeout": 200}, ["prestage.W015"]),
        ({"ack_failures": False}, ["prestage.W012"]),
        ({"max_attempts": 0}, ["prestage.W012"]),
        ({"sync": True}, ["prestage.W013"]),
    ],
)
def test_cluster_options(settings: Any, changes: dict[str, Any], ids: list[str]) -> None:
    settings.Q_CLUSTER = CLUSTER_OPTIONS | changes
    assert [message.id for message in check_cluster(None)] == ids


def test_a_site_without_a_cluster_is_told_how_to_get_one(settings: Any) -> None:
    del settings.Q_CLUSTER
    [message] = check_cluster(None)
    assert message.id == "prestage.E010"
    assert "CLUSTER_OPTIONS" in str(message.hint)


@pytest.mark.parametrize(
    ("engine", "options", "ids"),
    [
        ("django.db.backends.sqlite3", {}, ["prestage.W014"]),
        ("django.db.backends.sqlite3", {"transaction_mode": "IMMEDIATE"}, []),
        ("django.db.backends.postgresql", {}, []),
    ],
)
def test_databases(
    monkeypatch: pytest.MonkeyPatch, engine: str, options: dict[str, str], ids: list[str]
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", engine)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    assert [message.id for message in check_database(None)] == ids


def test_an_unknown_key_is_named_with_those_that_are_known(settings: Any) -> None:
    settings.PRESTAGE = {"WORKER": 3}
    with pytest.raises(ImproperlyConfigured, match=r"unknown keys: WORKER.*WORKERS"):
        get_settings()


def test_settings_are_typed_values(settings: Any) -> None:
    settings.PRESTAGE = {"WORKERS": 7}
    assert get_settings() == PrestageSettings(workers=7)
