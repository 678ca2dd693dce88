"""What is wrong with the settings of the sources of events (`prestage_plugin.events`)."""

from collections.abc import Callable, Sequence

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
    ]


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
