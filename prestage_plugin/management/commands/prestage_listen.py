"""`manage.py prestage_listen`: hear of changes of devices."""

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prestage_plugin.conf import PrestageSettings, get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.events.listener import Listener
from prestage_plugin.events.source import Source
from prestage_plugin.events.syslog.endpoint import parse_endpoint
from prestage_plugin.events.syslog.source import SyslogOptions, SyslogSource

__all__ = ["Command"]

_REFUSED = 2

_EPILOG = """\
examples:
  What PRESTAGE says (SYSLOG_UDP, SYSLOG_TCP, NETCONF_EVENTS), or else syslog over UDP at
  0.0.0.0:514:
    manage.py prestage_listen
  IPv4 and IPv6, UDP and TCP, at a port that needs no privilege:
    manage.py prestage_listen --syslog-udp 0.0.0.0:5514 --syslog-udp '[::]:5514' \\
        --syslog-tcp 0.0.0.0:5514
  The NETCONF notifications of all devices of the group pe but one, and no syslog:
    manage.py prestage_listen --netconf 'group:pe,!pe7' --no-syslog

A message counts when it comes from an address that a device has (of management, or its
loopback), and tells of a commit: UI_COMMIT_COMPLETED or UI_COMMIT_NOT_CONFIRMED. Messages of
SYSLOG_RELAYS speak for the device that they name. Commits by AUTO_IGNORED_USERS do not count.
Changes of unknown senders are counted and shown, never acted upon.

A notification counts when it tells of a change of the running datastore (RFC 6470), or that a
confirmed commit was taken back. Each device that offers notifications has one session of ours
for them; that it was opened counts as well, because nobody has listened before. Of several
listeners, let one have --netconf.

Exit status: 0 stopped as asked, and everything that was read is written; 1 it cannot go on, or
the database was away for too long at the end; 2 refused: an address or a setting is wrong.
"""


class Command(BaseCommand):
    """Run the sources of events until told to stop."""

    help = (
        "Hear of changes of devices from their syslog messages and their NETCONF notifications, "
        "and let auto prestaging know. Run one on each host that devices send to. Ends in order "
        "on SIGTERM and Ctrl-C: what was received is written first."
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
        parser.add_argument(
            "--no-syslog", action="store_true", help="receive no syslog, whatever the settings say"
        )
        parser.add_argument(
            "--netconf",
            nargs="?",
            const=True,
            metavar="DEVICES",
            help="subscribe to the NETCONF notifications of devices: of all, or of those that an "
            "expression picks (a name, a pattern, group:NAME, platform:NAME; !TERM leaves out); "
            "replaces NETCONF_EVENTS of the settings",
        )
        parser.add_argument(
            "--no-netconf",
            action="store_const",
            const=False,
            dest="netconf",
            help="subscribe to no notifications, whatever the settings say",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until told to stop, and exit with the status.

        Raises:
            CommandError: One sentence and a machine code, with exit status 2.
        """
        try:
            status = _listener(options).run()
        except Refused as error:
            raise CommandError(f"{error.text} [{error.code}]", returncode=_REFUSED) from error
        if status:
            sys.exit(status)


def _listener(options: dict[str, Any]) -> Listener:
    """Return a listener for these options, and the settings where they say nothing.

    Raises:
        Refused: There is nothing to hear, or something of it is wrong.
    """
    site = get_settings()
    udp, tcp, netconf = options["syslog_udp"], options["syslog_tcp"], options["netconf"]
    if options["no_syslog"]:
        udp, tcp = (), ()
    elif not udp and not tcp:
        udp, tcp = site.syslog_udp, site.syslog_tcp
    netconf = site.netconf_events if netconf is None else netconf
    sources: list[Source] = []
    names: list[str] = []
    if udp or tcp:
        syslog = _syslog_options(site, udp, tcp)
        names = [*(f"udp {each}" for each in syslog.udp), *(f"tcp {each}" for each in syslog.tcp)]
        sources.append(SyslogSource(syslog))
    if netconf:
        sources.append(_netconf_source(site, None if netconf is True else netconf))
    if not sources:
        text = "Name an address, with --syslog-udp or --syslog-tcp, or devices, with --netconf."
        raise Refused("nothing-to-hear", text)
    # Addresses tell listeners of a host apart, whatever else each of them hears.
    names = names or ["netconf" if netconf is True else f"netconf {netconf}"]
    return Listener(name=", ".join(sorted(names)), sources=sources)


def _syslog_options(
    site: PrestageSettings, udp: Sequence[str], tcp: Sequence[str]
) -> SyslogOptions:
    return SyslogOptions(
        udp=[parse_endpoint(text) for text in udp],
        tcp=[parse_endpoint(text) for text in tcp],
        relays=site.syslog_relays,
        ignored_users=site.auto_ignored_users,
    )


def _netconf_source(site: PrestageSettings, devices: str | None) -> Source:
    if find_spec("asyncssh") is None:
        raise Refused(
            "asyncssh-missing",
            "NETCONF notifications need asyncssh: pip install 'prestage-plugin[asyncssh]'.",
        )
    # Here, because syslog alone does not need that package.
    from prestage_plugin.events.netconf.source import (  # noqa: PLC0415
        NetconfOptions,
        NetconfSource,
    )

    return NetconfSource(
        NetconfOptions(
            devices=devices,
            per_second=site.netconf_events_rate,
            logins=site.logins,
            ignored_users=site.auto_ignored_users,
        )
    )
