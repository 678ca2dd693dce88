"""The list of change events: what was heard, and what became of it (prestaging spec, section 6)."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from prestage_plugin.models import ChangeEvent, Device
from prestage_plugin.services.auto import mute_devices
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_device, make_user
from tests.prestage_plugin.services.build import run_job
from tests.prestage_plugin.services.changes import AUTO, settle

pytestmark = pytest.mark.django_db

EVENTS = "/admin/prestage/changeevent/"
ROWS = "//table[@id='result_list']"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def auto(settings: Any) -> None:
    settings.PRESTAGE = AUTO


@pytest.fixture
def viewer() -> Client:
    return browser_of(make_user("victor", "view_changeevent"))


@pytest.fixture
def almighty_staff() -> Client:
    """Somebody with every permission there is, but no superuser."""
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return browser_of(user)


def hear(name: str, *, source: ChangeSource = ChangeSource.SYSLOG, **values: Any) -> ChangeEvent:
    device = Device.objects.filter(name=name).first() or make_device(name)
    accept_events(heard=[Heard(source=source, device_id=device.pk, **values)])
    return ChangeEvent.objects.latest("pk")


def rows(browser: Client, query: str = "") -> list[list[str]]:
    response = browser.get(EVENTS + query)
    return table(response, ROWS) if parse(response).xpath(ROWS) else []


def test_a_row_says_what_was_heard_and_what_became_of_it(viewer: Client) -> None:
    hear("pe1", sender="192.0.2.1", actor="alice", detail="UI_COMMIT_COMPLETED")
    job = settle()
    assert job is not None
    hear("pe2")
    page = viewer.get(EVENTS)
    headers = parse(page).xpath(f"{ROWS}//th[@scope='col']//div[@class='text']")
    assert [words(header) for header in headers] == [
        "Received",
        "Device",
        "Source",
        "What became of it",
        "Changed by",
        "Detail",
        "Sender",
    ]
    assert table(page, ROWS) == [
        ["just now", "pe2", "Syslog", "Received", "-", "-", "-"],
        [
            "just now",
            "pe1",
            "Syslog",
            f"Job #{job.pk}",
            "alice",
            "UI_COMMIT_COMPLETED",
            "192.0.2.1",
        ],
    ]
    [title] = parse(page).xpath("//*[@id='content']/h1")
    assert words(title) == "Change events"
    device = Device.objects.get(name="pe1")
    links = parse(page).xpath(f"{ROWS}/tbody//a/@href")
    assert f"/admin/prestage/device/{device.pk}/change/" in links
    assert f"/admin/prestage/job/{job.pk}/change/" in links


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["pe10", "pe2", "pe1"]),
        ("?source__exact=webhook", ["pe2"]),
        ("?state=muted", ["pe2"]),
        ("?state=noted", ["pe1"]),
        ("?state=new", ["pe10"]),
        ("?state=nonsense", []),
        ("?device={pe1}", ["pe1"]),
        ("?q=pe1", ["pe10", "pe1"]),
        ("?q=192.0.2.2", ["pe2"]),
        ("?q=alice", ["pe1"]),
        ("?q=none-such", []),
        ("?q=%00", ["pe10", "pe2", "pe1"]),
        ("?o=1", ["pe1", "pe10", "pe2"]),
        ("?o=0", ["pe1", "pe2", "pe10"]),
    ],
)
def test_events_are_filtered_found_and_sorted(viewer: Client, query: str, names: list[str]) -> None:
    hear("pe1", actor="alice")
    second = hear("pe2", sender="192.0.2.2", source=ChangeSource.WEBHOOK)
    mute_devices(device_ids=[second.device_id])
    coalesce()
    hear("pe10")
    pk = Device.objects.get(name="pe1").pk
    assert [row[1] for row in rows(viewer, query.format(pe1=pk))] == names


@pytest.mark.parametrize("device", ["x", "0", "9" * 18, "9" * 99, "\u0663", EVIL, "-1", "1.5"])
def test_a_device_that_is_not_there_has_no_events(viewer: Client, device: str) -> None:
    hear("pe1")
    assert rows(viewer, f"?device={quote(device)}") == []


def test_the_filter_of_a_device_shows_its_name_and_can_be_left(viewer: Client) -> None:
    event = hear("pe1")
    filters = "//*[@id='changelist-filter']//details[@data-filter-title='device']//a"
    assert not parse(viewer.get(EVENTS)).xpath(filters)
    narrowed = parse(viewer.get(f"{EVENTS}?device={event.device_id}"))
    assert [words(link) for link in narrowed.xpath(filters)] == ["All", "pe1"]


def test_events_are_filtered_by_the_time_of_their_receipt(viewer: Client) -> None:
    old = hear("pe1")
    ChangeEvent.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=40))
    hear("pe2")
    since = (timezone.now() - timedelta(days=7)).strftime("%Y-%m-%d %H:%M:%S%%2B00:00")
    assert [row[1] for row in rows(viewer, f"?received_at__gte={since}")] == ["pe2"]


def test_every_state_is_offered_once(viewer: Client) -> None:
    hear("pe1")
    page = parse(viewer.get(EVENTS))
    offered = page.xpath("//*[@id='changelist-filter']//details[@data-filter-title='state']//a")
    assert [words(link) for link in offered] == ["All", "Received", "Noted", "Muted"]


def test_queries_do_not_grow_with_the_rows(viewer: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 30):
        for number in range(count):
            hear(f"pe{count}-{number}")
            hear(f"pe{count}-{number}")
        job = settle()
        assert job is not None
        run_job(job, {})
        # session, user, two of the permissions, preferences, count, events
        with django_assert_num_queries(7):
            assert viewer.get(EVENTS).status_code == 200


def test_they_are_read_only_for_everybody(almighty_staff: Client, admin_client: Client) -> None:
    event = hear("pe1", detail="as it was heard")
    before = ChangeEvent.objects.values().get()
    forged = {
        "device": event.device_id,
        "source": "webhook",
        "state": "muted",
        "detail": "forged",
        "post": "yes",
    }
    delete = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    for browser in (almighty_staff, admin_client):
        assert browser.get(f"{EVENTS}add/").status_code == 403
        assert browser.post(f"{EVENTS}add/", forged).status_code == 403
        assert browser.post(f"{EVENTS}{event.pk}/change/", forged).status_code == 403
        assert browser.post(f"{EVENTS}{event.pk}/delete/", forged).status_code == 403
        browser.post(EVENTS, delete)
        browser.post(EVENTS, {"form-TOTAL_FORMS": "1", "_save": "Save", **forged})
        assert ChangeEvent.objects.values().get() == before
        page = parse(browser.get(EVENTS))
        tools = page.xpath("//ul[@class='object-tools']//a/@href")
        assert tools == ["/admin/prestage/listenerstatus/"]
        assert not page.xpath("//*[@name='action']")


def test_the_page_of_one_event_shows_it_and_takes_nothing(viewer: Client) -> None:
    event = hear("pe1", detail="as it was heard")
    page = parse(viewer.get(f"{EVENTS}{event.pk}/change/"))
    assert "as it was heard" in words(page)
    assert not page.xpath("//*[@id='content']//*[self::input or self::select][not(@type='hidden')]")


def test_those_without_a_permission_have_no_such_page() -> None:
    assert browser_of(make_user("nobody", "view_device")).get(EVENTS).status_code == 403
    assert Client().get(EVENTS).status_code == 302


def test_hostile_text_is_escaped(viewer: Client, admin_client: Client) -> None:
    event = hear(EVIL, sender=EVIL, actor=EVIL, detail=EVIL)
    for browser in (viewer, admin_client):
        for address in (
            EVENTS,
            f"{EVENTS}?q={EVIL}",
            f"{EVENTS}?state={EVIL}",
            f"{EVENTS}?device={event.device_id}",
            f"{EVENTS}{event.pk}/change/",
        ):
            response = browser.get(address)
            assert "<script>alert" not in response.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in viewer.get(EVENTS).content.decode()
