"""The platform itself: the call by which synchronisation and `migrate` tell of changes.

One call for each round over all devices, as a synchronisation makes it.
"""

import django

from tests.bench_events.senders.sending import run

django.setup()

from prestage_plugin.models import Device  # noqa: E402 - after the set-up
from prestage_plugin.services.events import note_changes  # noqa: E402 - after the set-up
from prestage_plugin.states import ChangeSource  # noqa: E402 - after the set-up


def send(*, events: int) -> dict[str, int]:
    """Tell of everything."""
    devices = list(Device.objects.order_by("pk"))
    for start in range(0, events, len(devices)):
        note_changes(
            devices=devices[: events - start],
            source=ChangeSource.PLATFORM,
            detail="address changed",
        )
    return {"sent": events, "accepted": events}


if __name__ == "__main__":
    run(send)
