"""What `manage.py check` says about the settings of the API."""

from pathlib import Path
from typing import Any

import pytest

from prestage_plugin.checks import check_settings


@pytest.mark.parametrize(
    ("rates", "ids"),
    [
        ({}, []),
        ({"read": "100/hour", "events": None}, []),
        ("100/hour", ["prestage.E050"]),
        ({"write": "100/hour"}, ["prestage.E051"]),
        ({"read": "often"}, ["prestage.E052"]),
        ({"read": 100}, ["prestage.E052"]),
    ],
)
def test_settings(settings: Any, rates: Any, ids: list[str]) -> None:
    settings.PRESTAGE = {"NORNIR_CONFIG": str(Path(__file__)), "API_RATES": rates}

    assert [message.id for message in check_settings(None)] == ids
