"""What we write ourselves does not come back as a change (prestaging spec, section 6)."""

from typing import Any

import pytest

from prestage_plugin.models import ChangeEvent
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db

OWN = {"accepted": 0, "unknown": 0, "ignored": {"own-keys": 1}}
TAKEN = {"accepted": 1, "unknown": 0, "ignored": {}}


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "prestage"},
        {"username": "prestage", "event": "created"},
        {"username": None, "request": {"user": "prestage"}},
    ],
)
def test_changes_by_an_ignored_user_start_nothing(netbox: Sender, changes: dict[str, Any]) -> None:
    make_devices("pe1")
    response = netbox.post(bodies.netbox("device", bodies.device_data("pe1"), **changes))
    assert response.json() == {"accepted": 0, "unknown": 0, "ignored": {"ignored-user": 1}}
    assert not ChangeEvent.objects.exists()


def test_an_ignored_user_is_ignored_in_the_generic_body_for_every_device(script: Sender) -> None:
    make_devices("pe1")
    response = script.post(bodies.generic("pe1", "pe2", 5, user="prestage"))
    assert response.json()["ignored"] == {"ignored-user": 2, "not-understood": 1}


@pytest.mark.parametrize("user", ["Prestage", "prestage ", "prest", ""])
def test_other_users_are_not(netbox: Sender, user: str) -> None:
    make_devices("pe1")
    body = bodies.netbox("device", bodies.device_data("pe1"), username=user)
    assert netbox.post(body).json() == TAKEN


def update(before: Any, after: Any, **more: Any) -> dict[str, Any]:
    snapshots = {"prechange": before, "postchange": after} | more
    return bodies.netbox("device", bodies.device_data("pe1"), snapshots=snapshots)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1, "last_updated": "x"}, {"a": 1, "last_updated": "y"}),
        ({"custom_fields": {"a": 1}}, {"custom_fields": {"a": 1, "prestage_role": "N-PE"}}),
        (
            {"custom_fields": {"prestage_role": "P", "prestage_uni": 3}, "last_updated": "x"},
            {"custom_fields": {"prestage_role": "N-PE", "prestage_uni": 4}, "last_updated": "y"},
        ),
    ],
)
def test_an_update_of_nothing_but_what_we_write_starts_nothing(
    netbox: Sender, before: Any, after: Any
) -> None:
    make_devices("pe1")
    assert netbox.post(update(before, after)).json() == OWN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"status": "staged"}, {"status": "active"}),
        ({"status": "staged", "last_updated": "x"}, {"status": "active", "last_updated": "y"}),
        ({"custom_fields": {"a": 1}}, {"custom_fields": {"a": 2, "prestage_role": "N-PE"}}),
        ({"custom_fields": None}, {"custom_fields": {"prestage_role": "N-PE"}}),
        ({"a": None, "last_updated": "x"}, {"last_updated": "y"}),
        ({"last_updated": "x"}, {"a": None, "last_updated": "y"}),
        # It cannot be told what changed, so it may be anything.
        ({"a": 1}, {"a": 1}),
        (None, {"last_updated": "y"}),
        ({"last_updated": "x"}, None),
        ([], {}),
    ],
)
def test_an_update_of_something_else_too_is_a_change(
    netbox: Sender, before: Any, after: Any
) -> None:
    make_devices("pe1")
    assert netbox.post(update(before, after)).json() == TAKEN


def test_nautobot_says_what_differs(nautobot: Sender) -> None:
    make_devices("pe1")
    role = {"removed": {"custom_fields": {}}, "added": {"custom_fields": {"prestage_role": "P"}}}
    before, after = {"last_updated": "x", "nested": {"a": 1}}, {"last_updated": "y"}
    assert nautobot.post(update(before, after, differences=role)).json() == OWN
    # Created or deleted, one of both is null.
    whole = {"removed": None, "added": {"name": "pe1"}}
    assert nautobot.post(update(None, {"name": "pe1"}, differences=whole)).json() == TAKEN


def test_only_updates_are_looked_at_so_closely(netbox: Sender) -> None:
    make_devices("pe1")
    body = update({"last_updated": "x"}, {"last_updated": "y"}) | {"event": "created"}
    assert netbox.post(body).json() == TAKEN


def test_which_keys_are_ours_is_a_setting(settings: Any, netbox: Sender) -> None:
    make_devices("pe1")
    settings.PRESTAGE |= {"WEBHOOK_OWN_KEYS": ["role", "custom_fields.npe"]}
    assert netbox.post(update({"role": 1}, {"role": 2})).json() == OWN
    assert netbox.post(update({"last_updated": "x"}, {"last_updated": "y"})).json() == TAKEN
    settings.PRESTAGE |= {"WEBHOOK_OWN_KEYS": []}
    assert netbox.post(update({"role": 1}, {"role": 2})).json() == TAKEN
