"""Every action on roles, for every kind of user: by click and by forged POST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import Device
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse
from tests.prestage_plugin.factories import OPERATOR, make_user
from tests.prestage_plugin.stored import L3, store

pytestmark = pytest.mark.django_db
ROLES_OF = "/admin/prestage/recommendation/"
DRIFT = "/admin/prestage/drift/"

USERS: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "viewer": ("view_device", "view_roleexception"),
    "operator": OPERATOR,
    "planner": ("view_device", "assign_role"),
    "planner who may not see": ("assign_role",),
    "editor": ("change_device", "add_roleexception", "delete_roleexception"),
    "editor who may only add": ("change_device", "add_roleexception"),
    "editor who may not see": ("add_roleexception", "delete_roleexception"),
    "administrator": (),
}
SEEING = {
    "viewer",
    "operator",
    "planner",
    "editor",
    "editor who may only add",
    "administrator",
}
ASSIGNING = {"planner", "administrator"}
EDITING = {"editor", "administrator"}


def browser_as(name: str) -> Client:
    if name == "administrator":
        return browser_of(User.objects.create_superuser("root"))
    return browser_of(make_user("somebody", *USERS[name]))


@pytest.fixture
def device(db: None) -> Device:
    return store("pe1", L3)


def act(url: str, action: str) -> Callable[[Client, Device], Any]:
    """Send the confirmation without having seen the page that asks for it."""
    return lambda client, device: client.post(
        url, {"action": action, "_selected_action": [device.pk], "confirmed": "yes"}
    )


def edit(**values: str) -> Callable[[Client, Device], Any]:
    return lambda client, device: client.post(f"{ROLES_OF}{device.pk}/exceptions/", values)


def assigned(device: Device) -> str:
    device.refresh_from_db()
    return device.assigned_role


def overridden(device: Device) -> bool:
    return device.exceptions.exists()


Look = Callable[[Device], Any]
ACTIONS: dict[str, tuple[Callable[[Client, Device], Any], dict[str, str], Look, set[str]]] = {
    "assign": (act(ROLES_OF, "assign_roles"), {}, assigned, ASSIGNING),
    "assign all": (
        lambda client, _device: client.post(f"{ROLES_OF}assign-all/", {"role": ""}),
        {},
        assigned,
        ASSIGNING,
    ),
    "take back": (
        act(ROLES_OF, "unassign_roles"),
        {"assigned_role": "N-PE"},
        lambda device: not assigned(device),
        ASSIGNING,
    ),
    "take back what drifted": (
        act(DRIFT, "unassign_roles"),
        {"assigned_role": "P"},
        lambda device: not assigned(device),
        ASSIGNING,
    ),
    "follow": (
        act(DRIFT, "follow_configurations"),
        {"assigned_role": "P"},
        lambda device: assigned(device) == "N-PE",
        ASSIGNING,
    ),
    "exclude": (edit(form="exclude", **{"exclude-excluded": "on"}), {}, overridden, EDITING),
    "loopback": (
        edit(form="loopback", **{"loopback-loopback": "192.0.2.1"}),
        {},
        overridden,
        EDITING,
    ),
    "interfaces": (
        edit(form="interfaces", interface="ge-0/0/1", **{"interfaces-verdict": "exclude"}),
        {},
        overridden,
        EDITING,
    ),
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("action", ACTIONS)
def test_by_forged_post(action: str, user: str, device: Device) -> None:
    send, values, look, allowed = ACTIONS[action]
    Device.objects.update(**values)

    send(browser_as(user), device)

    assert bool(look(device)) == (user in allowed)


@pytest.mark.parametrize("user", USERS)
def test_by_click(user: str, device: Device) -> None:
    client = browser_as(user)

    response = client.get(f"{ROLES_OF}{device.pk}/change/")

    if user not in SEEING:
        assert response.status_code == 403
        return
    page = parse(response)
    offered = set(page.xpath("//button/@value"))
    forms = {form.fields.get("form") for form in page.forms} - {None}
    assert ("assign_roles" in offered) == (user in ASSIGNING)
    assert forms == ({"exclude", "loopback", "interfaces"} if user in EDITING else set())
    listed = parse(client.get(ROLES_OF))
    actions = set(listed.xpath("//select[@name='action']/option/@value"))
    assert ({"assign_roles", "unassign_roles"} <= actions) == (user in ASSIGNING)
    assert bool(listed.xpath("//a[.='Assign all…']")) == (user in ASSIGNING)


@pytest.mark.parametrize("user", USERS)
def test_exceptions_are_shown_to_those_who_may_see_them(user: str, device: Device) -> None:
    device.exceptions.create(kind="exclude", note="because of the audit")

    content = browser_as(user).get(f"{ROLES_OF}{device.pk}/change/").content.decode()

    seeing = {"viewer", "editor", "administrator"}
    assert ("because of the audit" in content) == (user in seeing)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("path", ["discovery/", "recommendation/", "drift/"])
def test_the_pages_are_for_those_who_may_view_devices(path: str, user: str, device: Device) -> None:
    status = browser_as(user).get(f"/admin/prestage/{path}").status_code

    assert status == (200 if user in SEEING else 403)


@pytest.mark.parametrize("user", USERS)
def test_prestaging_is_offered_to_those_who_start_jobs(user: str, device: Device) -> None:
    response = browser_as(user).post(
        ROLES_OF, {"action": "prestage_devices", "_selected_action": [device.pk]}
    )

    assert (b"job_type" in response.content) == (user in {"operator", "administrator"})


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_without_the_token_against_forgery(action: str, device: Device) -> None:
    send, values, look, _allowed = ACTIONS[action]
    Device.objects.update(**values)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    assert send(client, device).status_code == 403
    assert not look(device)


def test_nothing_is_done_by_looking(device: Device) -> None:
    client = browser_of(User.objects.create_superuser("root"))

    client.get(f"{ROLES_OF}?action=assign_roles&_selected_action={device.pk}&confirmed=yes")
    client.get(f"{ROLES_OF}assign-all/?role=N-PE")
    client.post(ROLES_OF, {"action": "assign_roles", "_selected_action": [device.pk]})
    response = client.get(f"{ROLES_OF}{device.pk}/exceptions/?form=exclude&exclude-excluded=on")

    assert response.status_code == 405
    assert not assigned(device)
    assert not overridden(device)


@pytest.mark.parametrize("path", ["add/", "{}/delete/", "{}/history/"])
@pytest.mark.parametrize("page", [ROLES_OF, DRIFT])
def test_devices_are_neither_made_nor_deleted_here(page: str, path: str, device: Device) -> None:
    client = browser_of(User.objects.create_superuser("root"))

    client.post(f"{page}{path.format(device.pk)}", {"post": "yes", "name": "x"})

    assert list(Device.objects.values_list("name", flat=True)) == ["pe1"]
