"""What `manage.py check` says about the settings of the sources of events."""

from typing import Any

import pytest

from prestage_plugin.checks import check_settings


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, []),
        ({"SYSLOG_UDP": ["0.0.0.0:514", "[::]:514"], "SYSLOG_RELAYS": ["10.0.0.0/8", "::1"]}, []),
        ({"SYSLOG_UDP": "0.0.0.0:514"}, ["prestage.E040"]),
        ({"AUTO_IGNORED_USERS": "prestage"}, ["prestage.E040"]),
        ({"SYSLOG_TCP": ["514"]}, ["prestage.E041"]),
        ({"SYSLOG_RELAYS": ["loghost", "10.0.0.1"]}, ["prestage.E041"]),
        ({"NETCONF_EVENTS": True, "NETCONF_EVENTS_RATE": 0.5}, []),
        ({"NETCONF_EVENTS": "group:pe,!lab*"}, []),
        ({"NETCONF_EVENTS_RATE": 0}, ["prestage.E042"]),
        ({"NETCONF_EVENTS_RATE": "20"}, ["prestage.E042"]),
        ({"NETCONF_EVENTS_RATE": float("nan")}, ["prestage.E042"]),
        ({"NETCONF_EVENTS": " "}, ["prestage.E043"]),
        ({"NETCONF_EVENTS": ["pe1"]}, ["prestage.E043"]),
    ],
)
def test_what_is_wrong_is_reported(settings: Any, values: dict[str, Any], ids: list[str]) -> None:
    settings.PRESTAGE = {"NORNIR_OPTIONS": {"inventory": {}}} | values
    assert [message.id for message in check_settings(None)] == ids


def test_notifications_need_a_package_that_syslog_does_not(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prestage_plugin.event_checks.find_spec", lambda _name: None)
    settings.PRESTAGE = {"NORNIR_OPTIONS": {"inventory": {}}}
    assert check_settings(None) == []
    settings.PRESTAGE |= {"NETCONF_EVENTS": True}
    assert [message.id for message in check_settings(None)] == ["prestage.E044"]
