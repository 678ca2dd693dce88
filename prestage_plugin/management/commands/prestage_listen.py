"""`manage.py prestage_listen`: hear of changes of devices."""

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prestage_plugin.conf import PrestageSettings, get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.events.listener import Listener
from prestage_plugin.events.syslog.endpoint import parse_endpoint
from prestage_plugin.events.syslog.source import SyslogOptions, SyslogSource

__all__ = ["Command"]

_REFUSED = 2

_EPILOG = """\
examples:
  What PRESTAGE says (SYSLOG_UDP, SYSLOG_TCP), or else UDP at 0.0.0.0:514:
    manage.py prestage_listen
  IPv4 and IPv6, UDP and TCP, at a port that needs no privilege:
    manage.py prestage_listen --syslog-udp 0.0.0.0:5514 --syslog-udp '[::]:5514' \\
        --syslog-tcp 0.0.0.0:5514

A message counts when it comes from an address that a device has (of management, or its
loopback), and tells of a commit: UI_COMMIT_COMPLETED or UI_COMMIT_NOT_CONFIRMED. Messages of
SYSLOG_RELAYS speak for the device that they name. Commits by AUTO_IGNORED_USERS do not count.
Changes of unknown senders are counted and shown, never acted upon.

Exit status: 0 stopped as asked, and everything that was read is written; 1 it cannot go on, or
the database was away for too long at the end; 2 refused: an address or a setting is wrong.
"""


class Command(BaseCommand):
    """Run the sources of events until told to stop."""

    help = (
        "Hear of changes of devices from their syslog messages, and let auto prestaging know. "
        "Run one on each host that devices send to. Ends in order on SIGTERM and Ctrl-C: what "
        "was received is written first."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the lines of the examples as they are."""
        parser = super().create_parser(prog_name, subcommand, epilog=_EPILOG, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the command's options."""
        for kind in ("udp", "tcp"):
            parser.add_argument(
                f"--syslog-{kind}",
                action="append",
                default=[],
                metavar="ADDRESS:PORT",
                help=f"receive syslog over {kind.upper()} here; may be repeated, and replaces "
                "the addresses of the settings; an IPv6 address stands in brackets",
            )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until told to stop, and exit with the status.

        Raises:
            CommandError: One sentence and a machine code, with exit status 2.
        """
        try:
            status = _listener(options["syslog_udp"], options["syslog_tcp"]).run()
        except Refused as error:
            raise CommandError(f"{error.text} [{error.code}]", returncode=_REFUSED) from error
        if status:
            sys.exit(status)


def _listener(udp: Sequence[str], tcp: Sequence[str]) -> Listener:
    """Return a listener at these addresses, or else at those of the settings.

    Raises:
        Refused: There is none, or one of them is not an address and port.
    """
    site = get_settings()
    if not udp and not tcp:
        udp, tcp = site.syslog_udp, site.syslog_tcp
    if not udp and not tcp:
        raise Refused("nothing-to-hear", "Name an address, with --syslog-udp or --syslog-tcp.")
    options = _options(site, udp, tcp)
    addresses = [*(f"udp {each}" for each in options.udp), *(f"tcp {each}" for each in options.tcp)]
    return Listener(name=", ".join(sorted(addresses)), sources=[SyslogSource(options)])


def _options(site: PrestageSettings, udp: Sequence[str], tcp: Sequence[str]) -> SyslogOptions:
    return SyslogOptions(
        udp=[parse_endpoint(text) for text in udp],
        tcp=[parse_endpoint(text) for text in tcp],
        relays=site.syslog_relays,
        ignored_users=site.auto_ignored_users,
    )
