"""The page of the processes that hear of changes."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from prestage_plugin.models import ListenerStatus
from prestage_plugin.services.listeners import ListenerReport, report
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db

LISTENERS = "/admin/prestage/listenerstatus/"
EVENTS = "/admin/prestage/changeevent/"
ROWS = "//table[@id='result_list']"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def viewer() -> Client:
    return browser_of(make_user("victor", "view_listenerstatus"))


def tell(name: str = "host tcp 0.0.0.0:514", **values: Any) -> ListenerStatus:
    known: dict[str, Any] = {"started_at": timezone.now(), "counters": {}}
    report(listener=ListenerReport(name=name, **known | values))
    return ListenerStatus.objects.get(name=name)


def age(listener: ListenerStatus, **ages: timedelta) -> None:
    """Let columns of a row be so much older."""
    past = {column: timezone.now() - each for column, each in ages.items()}
    ListenerStatus.objects.filter(pk=listener.pk).update(**past)


def states(browser: Client) -> dict[str, str]:
    return {row[0]: row[1] for row in table(browser.get(LISTENERS), ROWS)}


def test_a_row_says_how_it_is_what_it_counted_and_what_was_lost(viewer: Client) -> None:
    counters = {
        "syslog": {"received": 1234, "triggers": 7, "own": 0, "dropped": 3},
        "events": {"accepted": 7, "unknown": 0, "waiting": 0},
        "rumours": {"heard_twice": 2},
        "idle": {"received": 0},
    }
    tell()
    listener = tell(counters=counters, lost=3)
    age(
        listener,
        started_at=timedelta(days=2, hours=1),
        lost_at=timedelta(minutes=5),
        died_at=timedelta(days=2, hours=1),
    )
    page = viewer.get(LISTENERS)
    headers = parse(page).xpath(f"{ROWS}//th[@scope='col']//div[@class='text']")
    assert [words(header) for header in headers] == [
        "Name",
        "State",
        "Started",
        "Last seen",
        "Counted since the start",
        "Lost messages",
        "Last loss",
        "Last death",
    ]
    [title] = parse(page).xpath("//*[@id='content']/h1")
    assert words(title) == "Listeners"
    [row] = table(page, ROWS)
    counted = row.pop(4)
    assert row == [
        "host tcp 0.0.0.0:514",
        "Running",
        "2 days ago",
        "just now",
        "3",
        "5 minutes ago",
        "2 days ago",
    ]
    lines = parse(page).xpath(f"{ROWS}//td[@class='field-counts']/div")
    assert [words(line) for line in lines] == [
        "events: 7 accepted",
        "idle: nothing",
        "rumours: 2 heard_twice",
        "syslog: 1234 received, 7 triggers, 3 dropped",
    ]
    assert counted


def test_states_are_words_in_a_pill(viewer: Client) -> None:
    tell("running")
    age(tell("silent"), seen_at=timedelta(seconds=31))
    age(tell("ended", ended=True), seen_at=timedelta(days=1))
    assert states(viewer) == {"running": "Running", "silent": "Silent", "ended": "Ended"}
    page = parse(viewer.get(LISTENERS))
    for state in ("running", "silent", "ended"):
        [pill] = page.xpath(f"{ROWS}//span[contains(@class, 'prestage-pill-listener-{state}')]")
        assert words(pill) == state.title()


def test_times_are_relative_with_the_absolute_one_on_hover(viewer: Client) -> None:
    tell()
    times = parse(viewer.get(LISTENERS)).xpath(f"{ROWS}//time")
    assert len(times) == 2
    assert all("UTC" in each.get("title") for each in times)


def test_what_never_lost_or_counted_anything_says_so(viewer: Client) -> None:
    tell()
    [row] = table(viewer.get(LISTENERS), ROWS)
    assert row[4:] == ["—", "0", "—", "—"]


def test_queries_do_not_grow_with_the_rows(viewer: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 30):
        for number in range(count):
            tell(f"host {count} {number}", counters={"syslog": {"received": number}})
        # session, user, two of the permissions, preferences, count, listeners
        with django_assert_num_queries(7):
            assert viewer.get(LISTENERS).status_code == 200


def test_it_is_one_click_from_the_events_for_those_who_may_see_it(admin_client: Client) -> None:
    link = f"//ul[@class='object-tools']//a[@href='{LISTENERS}']"
    both = browser_of(make_user("both", "view_changeevent", "view_listenerstatus"))
    for browser in (both, admin_client):
        [found] = parse(browser.get(EVENTS)).xpath(link)
        assert words(found) == "Listeners"
    one = browser_of(make_user("one", "view_changeevent"))
    assert not parse(one.get(EVENTS)).xpath(link)


def test_nobody_adds_changes_or_deletes_one(admin_client: Client) -> None:
    listener = tell()
    before = ListenerStatus.objects.values().get()
    forged = {"name": "forged", "lost": "0", "post": "yes"}
    page = f"{LISTENERS}{listener.pk}/"
    for address in (f"{LISTENERS}add/", f"{page}change/", f"{page}delete/"):
        assert admin_client.post(address, forged).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [listener.pk], "post": "yes"}
    admin_client.post(LISTENERS, chosen)
    assert ListenerStatus.objects.values().get() == before
    assert not parse(admin_client.get(LISTENERS)).xpath("//*[@name='action']")


def test_the_page_of_one_shows_it_and_takes_nothing(viewer: Client) -> None:
    listener = tell(counters={"syslog": {"received": 7}}, ended=True)
    page = parse(viewer.get(f"{LISTENERS}{listener.pk}/change/"))
    assert "syslog: 7 received" in words(page)
    assert page.xpath("//span[contains(@class, 'prestage-pill-listener-ended')]")
    assert not page.xpath("//*[@id='content']//*[self::input or self::select][not(@type='hidden')]")


def test_those_without_a_permission_have_no_such_page() -> None:
    assert browser_of(make_user("nobody", "view_changeevent")).get(LISTENERS).status_code == 403
    assert Client().get(LISTENERS).status_code == 302


def test_hostile_text_is_escaped(viewer: Client) -> None:
    listener = tell(EVIL, counters={EVIL: {EVIL: 1}})
    for address in (LISTENERS, f"{LISTENERS}{listener.pk}/change/"):
        content = viewer.get(address).content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
