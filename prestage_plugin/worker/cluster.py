"""The cluster as a child process of the supervisor: `python -m prestage_plugin.worker.cluster`.

It ends with its supervisor, however that ends: its standard input is a pipe whose other end only
the supervisor holds.
"""

import argparse
import os
import signal
import sys
import threading

import django

__all__ = ["main"]


def main() -> int:
    """Run a django-q2 cluster until it is told to stop; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, required=True)
    arguments = parser.parse_args()
    django.setup()
    from django_q.cluster import Cluster  # noqa: PLC0415 - needs the settings
    from django_q.conf import Conf  # noqa: PLC0415 - needs the settings

    if arguments.processes:
        Conf.WORKERS = arguments.processes
    cluster = Cluster()
    cluster.start()
    # After the start: a process that forks should have no other thread.
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
    cluster.sentinel.join()
    return int(cluster.sentinel.exitcode or 0)


def _end_with_the_supervisor() -> None:
    sys.stdin.read()
    # The leases of what was in flight run out, and another worker goes on.
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
