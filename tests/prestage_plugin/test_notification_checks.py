"""What `manage.py check` says about the settings of notifications and retention."""

from pathlib import Path
from typing import Any

import pytest

from prestage_plugin.checks import check_settings

CONFIG = {"NORNIR_CONFIG": str(Path(__file__))}
HOOK = {"NOTIFY_WEBHOOK": "https://hooks.example.com/t0ken", "NOTIFY_SECRET": "s3cr3t" * 8}


@pytest.mark.parametrize(
    ("prestage", "ids"),
    [
        (HOOK, []),
        ({"NOTIFY": "always", "NOTIFY_EMAILS": ["noc@example.com"]}, []),
        ({"NOTIFY": "sometimes"}, ["prestage.E020"]),
        ({"NOTIFY_EMAILS": "noc@example.com"}, ["prestage.E021"]),
        ({"NOTIFY_EMAILS": ["noc"]}, ["prestage.E021"]),
        (HOOK | {"NOTIFY_WEBHOOK": "file:///t0ken"}, ["prestage.E022"]),
        (HOOK | {"NOTIFY_WEBHOOK": "t0ken"}, ["prestage.E022"]),
        (HOOK | {"NOTIFY_SECRET": None}, ["prestage.E023"]),
        (HOOK | {"NOTIFY_SECRET": "s3cr3t"}, ["prestage.W024"]),
        ({"RETENTION_DAYS": 0}, []),
        ({"RETENTION_DAYS": -1}, ["prestage.E008"]),
        ({"RETENTION_DAYS": "90"}, ["prestage.E008"]),
    ],
)
def test_settings(settings: Any, prestage: dict[str, Any], ids: list[str]) -> None:
    settings.PRESTAGE = CONFIG | prestage
    messages = check_settings(None)
    assert [message.id for message in messages] == ids
    told = str(messages)
    assert "t0ken" not in told
    assert "s3cr3t" not in told
