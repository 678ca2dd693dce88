"""Every action on devices, for every role: by click and by forged POST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import Device
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse
from tests.prestage_plugin.factories import OPERATOR, make_device, make_user

pytestmark = pytest.mark.django_db
DEVICES = "/admin/prestage/device/"

ROLES: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "viewer": ("view_device",),
    "operator": OPERATOR,
    "who may run, and not see": ("run_job",),
    "editor": ("view_device", "change_device"),
    "operator who edits": (*OPERATOR, "change_device"),
    "administrator": (),
}
SEEING = set(ROLES) - {"nobody", "who may run, and not see"}
RUNNING = {"operator", "operator who edits", "administrator"}
EDITING = {"editor", "operator who edits", "administrator"}


def is_muted(_response: Any) -> bool:
    return Device.objects.get().events_muted


def is_not_muted(_response: Any) -> bool:
    return not Device.objects.get().events_muted


def asks_what_to_start(response: Any) -> bool:
    return response.status_code == 200 and b"data-start" in response.content


ACTIONS: dict[str, tuple[bool, Callable[[Any], bool], set[str]]] = {
    "prestage_devices": (False, asks_what_to_start, RUNNING),
    "mute_events": (False, is_muted, EDITING),
    "unmute_events": (True, is_not_muted, EDITING),
}
"""Whether its events are muted before, what tells that it was done, and who may do it."""


def browser_as(role: str) -> Client:
    if role == "administrator":
        return browser_of(User.objects.create_superuser("root"))
    return browser_of(make_user("somebody", *ROLES[role]))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
def test_by_forged_post(action: str, role: str) -> None:
    muted, done, allowed = ACTIONS[action]
    device = make_device("pe1", events_muted=muted)

    response = browser_as(role).post(DEVICES, {"action": action, "_selected_action": [device.pk]})

    assert done(response) == (role in allowed)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
def test_by_click(action: str, role: str) -> None:
    muted, _done, allowed = ACTIONS[action]
    device = make_device("pe1", events_muted=muted)
    client = browser_as(role)

    page = client.get(f"{DEVICES}{device.pk}/change/")

    if role not in SEEING:
        assert page.status_code in {302, 403}
        return
    offered = parse(page).xpath("//form[@class='prestage-buttons']//button/@value")
    assert (action in offered) == (role in allowed)
    menu = parse(client.get(DEVICES)).xpath("//select[@name='action']/option/@value")
    assert (action in menu) == (role in allowed)


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_without_the_token_against_forgery(action: str) -> None:
    muted, done, _allowed = ACTIONS[action]
    device = make_device("pe1", events_muted=muted)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    response = client.post(DEVICES, {"action": action, "_selected_action": [device.pk]})

    assert response.status_code == 403
    assert not done(response)
