"""What is wrong with the settings of the sources of events (`prestage_plugin.events`)."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from math import inf

from django.core.checks import CheckMessage, Error

from prestage_plugin.conf import PrestageSettings
from prestage_plugin.errors import Refused
from prestage_plugin.events.syslog.endpoint import parse_endpoint
from prestage_plugin.events.syslog.intake import Relays

__all__ = ["check_events"]


def check_events(prestage: PrestageSettings) -> list[CheckMessage]:
    """Report what is wrong.

    Args:
        prestage: The site's settings.
    """
    return [
        *_check_list("AUTO_IGNORED_USERS", prestage.auto_ignored_users, lambda _login: None),
        *_check_list("SYSLOG_UDP", prestage.syslog_udp, parse_endpoint),
        *_check_list("SYSLOG_TCP", prestage.syslog_tcp, parse_endpoint),
        *_check_list("SYSLOG_RELAYS", prestage.syslog_relays, lambda text: Relays([text])),
        *_check_netconf(prestage),
    ]


def _check_netconf(prestage: PrestageSettings) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    rate, devices = prestage.netconf_events_rate, prestage.netconf_events
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < inf:
        messages.append(
            Error(
                "PRESTAGE['NETCONF_EVENTS_RATE'] is a number of sessions per second, above 0.",
                id="prestage.E042",
            )
        )
    if not isinstance(devices, bool) and not (isinstance(devices, str) and devices.strip()):
        messages.append(
            Error(
                "PRESTAGE['NETCONF_EVENTS'] is True, False, or an expression that picks devices.",
                hint="For example 'group:pe,!lab*'.",
                id="prestage.E043",
            )
        )
    elif devices and find_spec("asyncssh") is None:
        messages.append(
            Error(
                "PRESTAGE['NETCONF_EVENTS'] needs asyncssh, which is not installed.",
                hint="pip install 'prestage-plugin[asyncssh]'",
                id="prestage.E044",
            )
        )
    return messages


def _check_list(
    key: str, values: Sequence[str], parse: Callable[[str], object]
) -> list[CheckMessage]:
    if isinstance(values, str) or not all(isinstance(each, str) for each in values):
        return [Error(f"PRESTAGE['{key}'] must be a list of strings.", id="prestage.E040")]
    messages: list[CheckMessage] = []
    for value in values:
        try:
            parse(value)
        except Refused as refusal:
            messages.append(Error(f"PRESTAGE['{key}']: {refusal.text}", id="prestage.E041"))
    return messages
