"""Events on the pages of devices: muted, unmuted, shown."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from prestage_plugin.models import ChangeEvent, Device
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_device, make_user
from tests.prestage_plugin.services.changes import AUTO, change, settle

pytestmark = pytest.mark.django_db

DEVICES = "/admin/prestage/device/"
LATEST = "//div[h2='Latest events']"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def auto(settings: Any) -> None:
    settings.PRESTAGE = AUTO


@pytest.fixture
def editor() -> Client:
    return browser_of(make_user("edith", "change_device"))


@pytest.fixture
def viewer() -> Client:
    return browser_of(make_user("victor", "view_device"))


def page_of(device: Device) -> str:
    return f"{DEVICES}{device.pk}/change/"


def act(browser: Client, action: str, *devices: Device) -> Any:
    chosen = {"action": action, "_selected_action": [device.pk for device in devices]}
    return browser.post(DEVICES, chosen, follow=True)


def muted() -> set[str]:
    return set(Device.objects.filter(events_muted=True).values_list("name", flat=True))


def test_devices_are_muted_and_unmuted_and_the_page_says_how_many(editor: Client) -> None:
    one, two, three = make_device("pe1"), make_device("pe2"), make_device("pe3")
    assert messages_of(act(editor, "mute_events", one, two)) == ["2 of 2 devices muted."]
    assert muted() == {"pe1", "pe2"}
    assert messages_of(act(editor, "mute_events", two, three)) == ["1 of 2 devices muted."]
    assert messages_of(act(editor, "unmute_events", one, two)) == ["2 of 2 devices unmuted."]
    assert muted() == {"pe3"}
    assert messages_of(act(editor, "unmute_events", one)) == ["0 of 1 devices unmuted."]


def test_what_came_while_a_device_was_muted_counts_when_it_is_unmuted(editor: Client) -> None:
    device = make_device("pe1")
    act(editor, "mute_events", device)
    change("pe1")
    coalesce()
    assert ChangeEvent.objects.get().state == "muted"
    act(editor, "unmute_events", device)
    assert ChangeEvent.objects.get().state == "new"
    assert settle() is not None


def test_all_devices_that_a_filter_finds_are_muted(editor: Client) -> None:
    for number in range(60):
        make_device(f"pe{number}", platform="junos")
    other = make_device("x1", platform="iosxr")
    across = {"action": "mute_events", "_selected_action": [other.pk], "select_across": "1"}
    response = editor.post(f"{DEVICES}?platform=junos", across, follow=True)
    assert messages_of(response) == ["60 of 60 devices muted."]
    assert "x1" not in muted()


def logged() -> list[tuple[str, str, str]]:
    entries = LogEntry.objects.filter(content_type__model="device").order_by("pk")
    return [
        (entry.user.get_username(), entry.object_repr, entry.get_change_message())
        for entry in entries
    ]


def test_the_history_of_a_device_says_who_muted_it(editor: Client, admin_client: Client) -> None:
    one, two = make_device("pe1"), make_device("pe2", events_muted=True)
    act(editor, "mute_events", one, two)
    act(admin_client, "unmute_events", one, two)
    act(editor, "unmute_events", one, two)
    assert logged() == [
        ("edith", "pe1", "Events muted."),
        ("admin", "pe1", "Events unmuted."),
        ("admin", "pe2", "Events unmuted."),
    ]
    history = words(parse(admin_client.get(f"{DEVICES}{one.pk}/history/")))
    assert "edith Events muted." in history


def test_what_many_devices_cost_does_not_grow_with_them(editor: Client) -> None:
    counts = []
    for number in (2, 60):
        devices = [make_device(f"pe{number}-{each}") for each in range(number)]
        with CaptureQueriesContext(connection) as queries:
            assert len(messages_of(act(editor, "mute_events", *devices))) == 1
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(logged()) == 62


def test_muting_needs_its_permission(viewer: Client) -> None:
    device = make_device("pe1")
    assert not parse(viewer.get(DEVICES)).xpath("//*[@name='action']")
    for action in ("mute_events", "unmute_events"):
        Device.objects.update(events_muted=action == "unmute_events")
        before = muted()
        assert messages_of(act(viewer, action, device)) == []
        assert muted() == before


def test_muting_needs_the_token_against_forgery() -> None:
    device = make_device("pe1")
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("edith", "change_device"))
    chosen = {"action": "mute_events", "_selected_action": [device.pk]}
    assert client.post(DEVICES, chosen).status_code == 403
    assert muted() == set()


def test_devices_are_filtered_by_whether_they_are_muted(viewer: Client) -> None:
    make_device("pe1", events_muted=True)
    make_device("pe2")
    page = viewer.get(f"{DEVICES}?events_muted__exact=1")
    assert [row[0] for row in table(page, "//table[@id='result_list']")] == ["pe1"]


def test_the_page_of_a_device_says_that_it_is_muted(viewer: Client) -> None:
    for device, shown in (
        (make_device("pe1", events_muted=True), "True"),
        (make_device("pe2"), "False"),
    ):
        field = parse(viewer.get(page_of(device))).xpath(
            "//div[contains(@class, 'fieldBox field-events_muted')]//img"
        )
        assert [image.get("alt") for image in field] == [shown]


def test_the_page_shows_the_latest_events_of_the_device_alone(viewer: Client) -> None:
    device, other = make_device("pe1"), make_device("pe10")
    for number in range(12):
        accept_events(
            heard=[
                Heard(
                    source=ChangeSource.SYSLOG,
                    device_id=device.pk,
                    actor="alice",
                    detail=f"event {number}",
                )
            ]
        )
    accept_events(heard=[Heard(source=ChangeSource.WEBHOOK, device_id=other.pk)])
    job = settle()
    assert job is not None
    rows = table(viewer.get(page_of(device)), f"{LATEST}//table")
    assert rows == [
        ["just now", "Syslog", f"Job #{job.pk}", "alice", f"event {number}"]
        for number in range(11, 1, -1)
    ]
    assert table(viewer.get(page_of(other)), f"{LATEST}//table") == [
        ["just now", "Webhook", f"Job #{job.pk}", "—", "—"]
    ]


def test_a_device_that_nothing_was_heard_of_says_so(viewer: Client) -> None:
    [module] = parse(viewer.get(page_of(make_device("pe1")))).xpath(LATEST)
    assert "No change of it was heard of." in words(module)


def test_the_page_of_a_logical_system_has_none(viewer: Client) -> None:
    router = make_device("pe1")
    system = make_device("pe1:LS1", parent=router)
    assert not parse(viewer.get(page_of(system))).xpath(LATEST)


def test_all_its_events_are_one_click_away_for_those_who_may_see_them(viewer: Client) -> None:
    device, other = make_device("pe1"), make_device("pe10")
    for each in (device, other):
        accept_events(heard=[Heard(source=ChangeSource.SYSLOG, device_id=each.pk)])
    link = f"{LATEST}//a[contains(@href, 'changeevent')]/@href"
    assert not parse(viewer.get(page_of(device))).xpath(link)
    both = browser_of(make_user("both", "view_device", "view_changeevent"))
    [address] = parse(both.get(page_of(device))).xpath(link)
    found = table(both.get(address), "//table[@id='result_list']")
    assert [row[1] for row in found] == ["pe1"]


def test_queries_of_the_page_do_not_grow_with_its_events(viewer: Client) -> None:
    device = make_device("pe1")
    counts = []
    for number in (1, 9):
        for _event in range(number):
            change("pe1")
        coalesce()
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(page_of(device)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_hostile_text_is_escaped(viewer: Client, admin_client: Client) -> None:
    device = make_device(EVIL)
    accept_events(
        heard=[
            Heard(
                source=ChangeSource.SYSLOG,
                device_id=device.pk,
                sender=EVIL,
                actor=EVIL,
                detail=EVIL,
            )
        ]
    )
    for browser in (viewer, admin_client):
        content = browser.get(page_of(device)).content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
