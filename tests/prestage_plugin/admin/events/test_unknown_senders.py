"""The page of senders that fit no device."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from prestage_plugin.models import UnknownSender
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db

SENDERS = "/admin/prestage/unknownsender/"
ROWS = "//table[@id='result_list']"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def viewer() -> Client:
    return browser_of(make_user("victor", "view_unknownsender"))


@pytest.fixture
def cleaner() -> Client:
    return browser_of(make_user("clara", "view_unknownsender", "delete_unknownsender"))


def hear(
    sender: str, *, times: int = 1, source: ChangeSource = ChangeSource.SYSLOG, detail: str = ""
) -> UnknownSender:
    event = Heard(source=source, device_id=None, sender=sender, detail=detail)
    accept_events(heard=[event] * times)
    return UnknownSender.objects.get(source=source, sender=sender)


def senders(browser: Client, query: str = "") -> list[str]:
    page = browser.get(SENDERS + query)
    return [words(cell) for cell in parse(page).xpath(f"{ROWS}/tbody//*[@class='field-sender']")]


def test_a_row_says_who_spoke_how_often_and_when(viewer: Client) -> None:
    hear("192.0.2.7", times=3, detail="UI_COMMIT_COMPLETED")
    UnknownSender.objects.update(first_at=F("first_at") - timedelta(days=2, hours=1))
    page = viewer.get(SENDERS)
    headers = parse(page).xpath(f"{ROWS}//th[@scope='col']//div[@class='text']")
    assert [words(header) for header in headers] == [
        "Sender",
        "Source",
        "Events",
        "Last event",
        "First event",
        "Last detail",
    ]
    [title] = parse(page).xpath("//*[@id='content']/h1")
    assert words(title) == "Unknown senders"
    assert table(page, ROWS) == [
        ["192.0.2.7", "Syslog", "3", "just now", "2 days ago", "UI_COMMIT_COMPLETED"]
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["b.example", "a.example"]),
        ("?source__exact=webhook", ["b.example"]),
        ("?q=A.EX", ["a.example"]),
        ("?q=%00", ["b.example", "a.example"]),
    ],
)
def test_senders_are_filtered_and_found(viewer: Client, query: str, found: list[str]) -> None:
    hear("a.example")
    UnknownSender.objects.update(last_at=F("last_at") - timedelta(hours=1))
    hear("b.example", source=ChangeSource.WEBHOOK)
    assert senders(viewer, query) == found


def test_queries_do_not_grow_with_the_rows(viewer: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 30):
        for number in range(count):
            hear(f"{count}.{number}")
        # session, user, two of the permissions, preferences, count, senders
        with django_assert_num_queries(7):
            assert viewer.get(SENDERS).status_code == 200


def test_who_may_delete_deletes_those_that_are_known_by_now(cleaner: Client) -> None:
    gone, kept = hear("new-router"), hear("stranger")
    chosen = {"action": "delete_selected", "_selected_action": [gone.pk]}
    assert "Are you sure" in words(parse(cleaner.post(SENDERS, chosen)))
    response = cleaner.post(SENDERS, chosen | {"post": "yes"}, follow=True)
    assert messages_of(response) == ["Successfully deleted 1 unknown sender."]
    assert list(UnknownSender.objects.all()) == [kept]
    assert cleaner.post(f"{SENDERS}{kept.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not UnknownSender.objects.exists()


def test_who_may_only_look_deletes_nothing(viewer: Client) -> None:
    sender = hear("stranger")
    page = parse(viewer.get(SENDERS))
    assert not page.xpath("//*[@name='action']")
    viewer.post(
        SENDERS,
        {"action": "delete_selected", "_selected_action": [sender.pk], "post": "yes"},
    )
    assert viewer.post(f"{SENDERS}{sender.pk}/delete/", {"post": "yes"}).status_code == 403
    assert UnknownSender.objects.exists()


def test_nobody_adds_or_changes_one(admin_client: Client) -> None:
    sender = hear("stranger")
    before = UnknownSender.objects.values().get()
    forged = {"source": "syslog", "sender": "forged", "events": "1"}
    assert admin_client.get(f"{SENDERS}add/").status_code == 403
    assert admin_client.post(f"{SENDERS}add/", forged).status_code == 403
    assert admin_client.post(f"{SENDERS}{sender.pk}/change/", forged).status_code == 403
    assert admin_client.get(f"{SENDERS}{sender.pk}/change/").status_code == 200
    assert UnknownSender.objects.values().get() == before


def test_those_without_a_permission_have_no_such_page() -> None:
    assert browser_of(make_user("nobody", "view_changeevent")).get(SENDERS).status_code == 403
    assert Client().get(SENDERS).status_code == 302


def test_hostile_senders_are_escaped(admin_client: Client) -> None:
    sender = hear(EVIL, detail=EVIL)
    chosen = {"action": "delete_selected", "_selected_action": [sender.pk]}
    for response in (
        admin_client.get(SENDERS),
        admin_client.get(f"{SENDERS}?q={EVIL}"),
        admin_client.get(f"{SENDERS}{sender.pk}/change/"),
        admin_client.get(f"{SENDERS}{sender.pk}/delete/"),
        admin_client.post(SENDERS, chosen),
    ):
        content = response.content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
