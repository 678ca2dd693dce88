"""The demo's command line and its order of events."""

import argparse
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from rich.console import Console

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin.demo.processes import Cluster, ProcessEndedError, Server

__all__ = ["main"]

ADMINISTRATOR = "admin"
WIDTH = 100


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit status.

    Args:
        argv: Arguments without the program's name; `sys.argv[1:]` when None.

    Returns:
        0 when every role equals the lab's truth, 1 when one does not, 2 for bad input,
        130 when it was interrupted before the job had ended.
    """
    arguments = _parser().parse_args(argv)
    console = _console()
    if not arguments.once and not _is_free(arguments.port):
        console.print(f"Port {arguments.port} is taken; name another: --port NUMBER", style="red")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as stack:
            return _run(arguments, console, stack)
    except ProcessEndedError as error:
        console.print(str(error), style="red")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130


def _run(arguments: argparse.Namespace, console: Console, stack: ExitStack) -> int:
    folder: Path = arguments.folder.resolve()
    _prepare(folder)
    console.print(f"[bold]1[/]  Starting {arguments.devices} simulated routers ...")
    fleet = Fleet.generate(devices=arguments.devices, seed=arguments.seed)
    stack.enter_context(
        LabProcess(fleet, latency_ms=arguments.latency, directory=folder / "inventory")
    )
    console.print("[bold]2[/]  Creating the site, its database and its administrator ...")
    # Django reads the environment that `_prepare` set when these are imported.
    from prestage_plugin.demo import site  # noqa: PLC0415

    password = secrets.token_urlsafe(9)
    site.create(ADMINISTRATOR, password)
    console.print(f"[bold]3[/]  Synchronising the inventory: {site.synchronise()}.")
    console.print("[bold]4[/]  Prestaging all devices through a django-q2 cluster ...")
    cluster = stack.enter_context(Cluster(log=folder / "cluster.log"))
    job = site.prestage_all(ADMINISTRATOR)
    site.follow(job, cluster, console)
    right = site.show_roles(fleet, console)
    if arguments.once:
        return 0 if right else 1
    with Server(port=arguments.port, log=folder / "server.log") as server:
        console.print(
            f"\nThe admin is at [bold]http://127.0.0.1:{arguments.port}/admin/[/]  "
            f"user [bold]{ADMINISTRATOR}[/]  password [bold]{password}[/]\n"
            "Stop everything with Ctrl-C.",
            highlight=False,
        )
        try:
            server.wait()
        except KeyboardInterrupt:
            console.print("\nStopping the lab, the cluster and the server ...")
    return 0 if right else 1


def _prepare(folder: Path) -> None:
    """Empty the demo's folder and point the ready-made site at it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "inventory").mkdir(parents=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "prestage_plugin.site.settings",
        "PRESTAGE_DEVELOPMENT": "1",
        "PRESTAGE_DATA": str(folder),
        "PRESTAGE_NORNIR_CONFIG": str(folder / "inventory" / "config.yaml"),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m prestage_plugin.demo",
        description="Simulate routers, prestage them through a real cluster, serve the admin.",
    )
    parser.add_argument("--once", action="store_true", help="end after the table of roles")
    parser.add_argument("--devices", type=int, default=40, help="simulated routers (default: 40)")
    parser.add_argument(
        "--latency", type=int, default=50, help="milliseconds per answer of a router (default: 50)"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, another fleet")
    parser.add_argument("--port", type=int, default=8000, help="port of the admin (default: 8000)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("build/demo"),
        help="where the demo keeps its site; emptied first (default: build/demo)",
    )
    return parser


def _console() -> Console:
    # Where the output is no terminal, nobody's window decides how wide a table may be.
    return Console() if sys.stdout.isatty() else Console(width=WIDTH)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
