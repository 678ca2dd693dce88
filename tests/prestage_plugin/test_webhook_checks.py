"""What `manage.py check` says about the settings of webhooks."""

from pathlib import Path
from typing import Any

import pytest

from prestage_plugin.checks import check_settings

CONFIG = {"NORNIR_CONFIG": str(Path(__file__))}
SECRET = "s3cr3t" * 6


@pytest.mark.parametrize(
    ("prestage", "ids"),
    [
        ({"WEBHOOK_SECRETS": {"netbox": SECRET, "ci-1.eu_west": SECRET + "2"}}, []),
        ({"WEBHOOK_SECRETS": {"netbox": "s" * 32}}, []),
        ({"WEBHOOK_SECRETS": {"netbox": "s3cr3t"}}, ["prestage.E052"]),
        ({"WEBHOOK_SECRETS": {"netbox": ""}}, ["prestage.E052"]),
        ({"WEBHOOK_SECRETS": {"netbox": None}}, ["prestage.E052"]),
        ({"WEBHOOK_SECRETS": {"netbox": SECRET.encode()}}, ["prestage.E052"]),
        ({"WEBHOOK_SECRETS": {"netbox": [SECRET]}}, ["prestage.E052"]),
        ({"WEBHOOK_SECRETS": {"net/box": SECRET}}, ["prestage.E051"]),
        ({"WEBHOOK_SECRETS": {"": SECRET}}, ["prestage.E051"]),
        ({"WEBHOOK_SECRETS": {5: SECRET}}, ["prestage.E051"]),
        ({"WEBHOOK_SECRETS": {"n" * 65: SECRET}}, ["prestage.E051"]),
        ({"WEBHOOK_SECRETS": [SECRET]}, ["prestage.E050"]),
        ({"WEBHOOK_SECRETS": SECRET}, ["prestage.E050"]),
        ({"WEBHOOK_SECRETS": None}, ["prestage.E050"]),
        ({"WEBHOOK_SECRETS": {"a": SECRET, "b": SECRET}}, ["prestage.W055"]),
        ({"WEBHOOK_WINDOW": 0}, ["prestage.E053"]),
        ({"WEBHOOK_WINDOW": -5}, ["prestage.E053"]),
        ({"WEBHOOK_WINDOW": float("nan")}, ["prestage.E053"]),
        ({"WEBHOOK_WINDOW": "300"}, ["prestage.E053"]),
        ({"WEBHOOK_WINDOW": True}, ["prestage.E053"]),
        ({"WEBHOOK_OWN_KEYS": "role"}, ["prestage.E054"]),
        ({"WEBHOOK_OWN_KEYS": [5]}, ["prestage.E054"]),
        ({"WEBHOOK_OWN_KEYS": []}, []),
    ],
)
def test_settings(settings: Any, prestage: dict[str, Any], ids: list[str]) -> None:
    settings.PRESTAGE = CONFIG | prestage
    messages = check_settings(None)
    assert [message.id for message in messages] == ids
    assert "s3cr3t" not in str(messages)


def test_a_weak_secret_is_told_by_its_senders_name(settings: Any) -> None:
    settings.PRESTAGE = CONFIG | {"WEBHOOK_SECRETS": {"netbox": "weak", "ci": "s" * 40}}
    [message] = check_settings(None)
    assert "netbox" in message.msg
    assert "ci" not in message.msg.split(":")[-1]
