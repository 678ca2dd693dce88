"""`python -m nornir_tasks lab` and `lab-control`: a fleet of simulated routers."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_tasks.errors import ErrorCode, PrestageError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser"]

LAB_EPILOG = """\
examples:
  python -m nornir_tasks lab --devices 50 --latency 50 --inventory /tmp/lab
  python -m nornir_tasks lab --kinds npe=10,p=5,ce=2 --inventory /tmp/lab
then, in another terminal:
  python -m nornir_tasks discover --inventory /tmp/lab/config.yaml
  python -m nornir_tasks lab-control --inventory /tmp/lab set-kind npe-00001 ce
"""

CONTROL_EPILOG = """\
commands:
  list                      the devices with kind, address, port and fault
  show DEVICE               one device with its truth, commits, sessions and reads
  set-kind DEVICE KIND      commit the configuration of another kind of router
  set-config DEVICE FILE    commit the configuration in a file
  commit DEVICE             commit without a change, with a new commit time
  commit-confirmed DEVICE KIND SECONDS
                            as set-kind, undone after that time unless a commit follows
  confirm DEVICE            commit, so that a commit-confirmed stays
  set-fault DEVICE FAULT    make the device fail in one way; `none` mends it
  storm COUNT [PER_SECOND]  log commits that never were, over all devices
  storm-notifications COUNT [PER_SECOND]
                            notify subscribers of commits that never were, over all devices
  notifications             subscriptions, what was sent to them, what a storm has left
  drop-subscriptions        end all sessions that are subscribed to notifications
  set-latency MS            milliseconds that every device waits before each reply
  statistics                what clients did, in sum and by device
examples:
  python -m nornir_tasks lab-control --inventory /tmp/lab set-fault npe-00001 hang-rpc
  python -m nornir_tasks lab-control --inventory /tmp/lab show npe-00001
"""


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommands `lab` and `lab-control`."""
    _add_lab(subparsers)
    _add_control(subparsers)


# Long, because there are many options; each is one statement.
def _add_lab(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "lab",
        help="simulate a fleet of Junos routers on loopback addresses",
        description="Simulate a fleet of Junos routers that speak NETCONF over SSH on loopback "
        "addresses, and write a Nornir inventory for them. Runs until Ctrl-C.",
        epilog=LAB_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--inventory",
        type=Path,
        required=True,
        metavar="DIR",
        help="where the Nornir inventory is written; removed when the lab ends",
    )
    parser.add_argument("--devices", type=int, default=50, help="number of routers (50)")
    parser.add_argument("--kinds", metavar="KIND=N,...", help="exact numbers instead of a mix")
    parser.add_argument("--seed", type=int, default=1, help="another one, another fleet (1)")
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="MS", help="wait before each reply (0)"
    )
    parser.add_argument(
        "--jitter", type=float, default=0.0, metavar="MS", help="vary the latency by this (0)"
    )
    parser.add_argument(
        "--faulty", type=float, default=0.0, metavar="PERCENT", help="routers with a fault (0)"
    )
    parser.add_argument(
        "--size",
        type=int,
        default=16_000,
        metavar="BYTES",
        help="of each configuration, 4000 to 2000000 (16000)",
    )
    parser.add_argument("--framing", default="1.0", help="NETCONF 1.0, 1.1 or mixed (1.0)")
    parser.add_argument("--host-key", default="mixed", help="ed25519, ecdsa, rsa or mixed (mixed)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (0)")
    parser.add_argument(
        "--commit-user",
        default="alice",
        metavar="LOGIN",
        help="who commits by lab-control (alice)",
    )
    parser.add_argument(
        "--syslog",
        metavar="udp|tcp:ADDRESS:PORT",
        help="where routers log commits and requests; each sends from its own address",
    )
    parser.add_argument(
        "--syslog-format", default="classic", help="classic, structured or mixed (classic)"
    )
    parser.add_argument(
        "--notifications",
        type=float,
        default=0.0,
        metavar="PERCENT",
        help="routers that clients can subscribe to (0)",
    )
    parser.set_defaults(run=run_lab)


def _add_control(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "lab-control",
        help="change a lab while it runs, or ask it what clients did",
        description="Talk to the lab that wrote the inventory in DIR. Answers are JSON.",
        epilog=CONTROL_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inventory", type=Path, required=True, metavar="DIR")
    parser.add_argument("command", metavar="COMMAND")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT")
    parser.set_defaults(run=run_control)


def run_lab(arguments: argparse.Namespace) -> int:
    """Run a lab in the foreground.

    Raises:
        PrestageError: An argument is wrong.
    """
    from nornir_tasks.lab import foreground  # noqa: PLC0415 - takes long, and is not for everyone

    if arguments.kinds is not None and arguments.faulty:
        raise PrestageError(
            ErrorCode.INVENTORY, "Use either --kinds or --faulty; --faulty spoils a mixed fleet."
        )
    fleet = foreground.fleet_of(
        devices=arguments.devices,
        kinds=None if arguments.kinds is None else _kinds(arguments.kinds),
        seed=arguments.seed,
        faulty=arguments.faulty,
        size=arguments.size,
    )
    options = foreground.LabOptions(
        latency_ms=arguments.latency,
        jitter_ms=arguments.jitter,
        framing=arguments.framing,
        host_key=arguments.host_key,
        port=arguments.port,
        commit_user=arguments.commit_user,
        syslog=arguments.syslog,
        syslog_format=arguments.syslog_format,
        notifications=arguments.notifications,
    )
    foreground.run(fleet, options, arguments.inventory)
    return 0


def run_control(arguments: argparse.Namespace) -> int:
    """Send one command to a running lab and print its answer.

    Raises:
        PrestageError: No lab answers, or it refused the command.
    """
    from nornir_tasks.lab.control import call  # noqa: PLC0415 - as above

    answer = call(arguments.inventory, arguments.command, *arguments.arguments)
    sys.stdout.write(json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    return 0


def _kinds(text: str) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if not number.isdigit():
            raise PrestageError(
                ErrorCode.INVENTORY, f"--kinds takes KIND=NUMBER with commas, not {part!r}."
            )
        kinds[name] = kinds.get(name, 0) + int(number)
    return kinds
