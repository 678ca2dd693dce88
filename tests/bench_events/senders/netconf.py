"""Subscribed devices that notify of commits: the lab sends, this tells it to and waits for it."""

import time
from pathlib import Path

from nornir_tasks.lab.control import call
from tests.bench_events.senders.sending import run

LOOK_SECONDS = 0.1


def send(*, lab: str, events: int) -> dict[str, int]:
    """Let everything be sent; devices take turns."""
    directory = Path(lab)
    before = call(directory, "notifications")["sent"]
    call(directory, "storm-notifications", str(events))
    while (counters := call(directory, "notifications"))["storm_left"]:
        time.sleep(LOOK_SECONDS)
    return {"sent": counters["sent"] - before}


if __name__ == "__main__":
    run(send)
