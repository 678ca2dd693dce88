"""*What if*: other rules over stored facts, some devices at a time."""

import csv
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from prestage_plugin.admin.what_if import pages
from prestage_plugin.models import Device, DeviceEvaluation, RoleException
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_device, make_user
from tests.prestage_plugin.stored import BORDER, L3, store

pytestmark = pytest.mark.django_db
WHAT_IF = "/admin/prestage/device/what-if/"
ROWS = "//section[@class='prestage-answer']//table"
LABELS = (
    "Another role",
    "Another loopback",
    "Another number of UNI",
    "Any change",
    "Assigned role not supported",
    "Nothing can be said",
)


@pytest.fixture
def fleet(db: None) -> None:
    store("asbr1", BORDER, assigned_role="P", groups=["edge"])
    store("asbr2", BORDER)
    store("pe1", L3)
    make_device("new")
    make_device("gone", in_inventory=False)


def ask(client: Client, **question: str) -> Any:
    return client.get(f"{WHAT_IF}?{urlencode({'show': ''} | question)}")


def names(response: Any) -> list[str]:
    return [row[0] for row in table(response, ROWS)]


def counts(response: Any) -> dict[str, int]:
    boxes = parse(response).xpath("//div[@class='prestage-boxes']/div")
    found = [words(box).split(maxsplit=1) for box in boxes]
    return {label: int(count) for count, label in found}


def counted(**values: int) -> dict[str, int]:
    keys = ("role", "loopback", "uni", "any", "drift", "unknown")
    return dict(zip(LABELS, (values.get(key, 0) for key in keys), strict=True))


def test_the_page_asks_first(browser: Client, fleet: None) -> None:
    page = parse(browser.get(WHAT_IF))

    assert [option.text for option in page.xpath("//select[@name='profile']/option")] == [
        "As the site says",
        "csd",
        "extended",
    ]
    assert not page.xpath("//*[@data-what-if]")


def test_another_profile_says_which_devices_change_from_what_to_what(
    browser: Client, fleet: None
) -> None:
    response = ask(browser, profile="extended")

    change = ["P →would become N-PE", "ebgp →would become asbr", "192.0.2.1", "1"]
    assert table(response, ROWS) == [
        ["asbr1", *change, "P", "drift"],
        ["asbr2", *change, "—", "—"],
    ]
    assert counts(response) == counted(role=2, any=2, drift=1, unknown=1)
    assert "P would become N-PE: 2 devices" in words(parse(response))
    assert "4 of 4 devices looked at." in words(parse(response))
    assert "Under rule profile extended, capability policy any." in words(parse(response))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({}, []),
        ({"capability_policy": "all"}, ["pe1"]),
        ({"show": "any"}, ["asbr2"]),
        ({"show": "all"}, ["asbr1", "asbr2", "new", "pe1"]),
        ({"show": "all", "name": "ASBR"}, ["asbr1", "asbr2"]),
        ({"show": "all", "group": "edge"}, ["asbr1"]),
        ({"show": "all", "platform": "junos", "recommended_role": "N-PE"}, ["pe1"]),
        ({"show": "all", "assigned_role": "P"}, ["asbr1"]),
        ({"show": "all", "assigned_role": "none", "recommended_role": "none"}, ["new"]),
        ({"show": "all", "name": "nothing"}, []),
    ],
)
def test_what_is_asked_for_is_shown(
    browser: Client, fleet: None, question: dict[str, str], expected: list[str]
) -> None:
    asbr = Device.objects.get(name="asbr2")
    RoleException.objects.create(device=asbr, kind="exclude-interface", value="ge-0/0/1")

    response = ask(browser, **question)

    assert names(response) == expected
    if not expected:
        assert "No device would change like that." in words(parse(response))


def test_counts_of_loopbacks_and_unis(browser: Client, fleet: None) -> None:
    device = Device.objects.get(name="pe1")
    RoleException.objects.create(device=device, kind="exclude-interface", value="ge-0/0/1")
    RoleException.objects.create(device=device, kind="loopback", value="192.0.2.9")

    response = ask(browser, show="any")

    assert counts(response) == counted(loopback=1, uni=1, any=1, unknown=1)
    ((_name, _role, _reason, loopback, unis, *_rest),) = table(response, ROWS)
    assert loopback.endswith("→would become 192.0.2.9")
    assert unis == "1 →would become 0"


def test_of_a_device_without_facts_it_says_why(browser: Client, fleet: None) -> None:
    rows = table(ask(browser, show="all", name="new"), ROWS)
    assert rows[0][1] == "new was never evaluated; prestage it first."


class TestManyDevices:
    @pytest.fixture(autouse=True)
    def few_at_a_time(self, monkeypatch: pytest.MonkeyPatch, fleet: None) -> None:
        monkeypatch.setattr(pages, "MOST_EXAMINED", 2)

    def next_of(self, response: Any) -> tuple[str, str]:
        """Return where a browser goes on without a script, and where with one."""
        (link,) = parse(response).xpath("//a[@data-what-if-more]")
        return link.get("href"), link.get("data-what-if-more")

    def test_the_counts_go_from_page_to_page(self, browser: Client) -> None:
        first = ask(browser, profile="extended", show="all")
        assert counts(first) == counted(role=2, any=2, drift=1)
        assert "2 of 4 devices looked at." in words(parse(first))

        for address in self.next_of(first):
            second = browser.get(address)
            assert names(second) == ["new", "pe1"]
            assert counts(second) == counted(role=2, any=2, drift=1, unknown=1)
            assert "P would become N-PE: 2 devices" in words(parse(second))
            assert "4 of 4 devices looked at." in words(parse(second))
            (bar,) = parse(second).xpath("//progress")
            assert (bar.get("value"), bar.get("max")) == ("4", "4")

    def test_the_last_page_has_no_next(self, browser: Client) -> None:
        response = ask(browser, name="asbr")
        assert not parse(response).xpath("//a[@data-what-if-more]")

    def test_a_page_may_show_nothing_and_go_on(self, browser: Client) -> None:
        response = ask(browser, capability_policy="all")

        assert "None of the devices looked at so far is shown." in words(parse(response))
        assert names(browser.get(self.next_of(response)[0])) == ["pe1"]

    def test_no_more_rows_than_a_browser_can_hold(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MOST_SHOWN", 1)
        response = ask(browser, show="all")

        assert names(response) == ["asbr1"]
        assert "The first 1 are shown; the CSV has all of them." in words(parse(response))
        following = browser.get(self.next_of(response)[1])
        assert names(following) == []
        assert "4 of 4" in words(parse(following))

    def test_the_table_has_all_of_them(self, browser: Client) -> None:
        (link,) = parse(ask(browser, profile="extended", show="any")).xpath(
            "//a[.='Export CSV']/@href"
        )
        response: Any = browser.get(link)

        rows = list(csv.DictReader(b"".join(response.streaming_content).decode().splitlines()))
        assert response["Content-Disposition"] == 'attachment; filename="what-if.csv"'
        assert [
            (row["device"], row["role_now"], row["role_then"], row["would_drift"]) for row in rows
        ] == [("asbr1", "P", "N-PE", "yes"), ("asbr2", "P", "N-PE", "no")]


@pytest.mark.parametrize(
    "forged",
    [
        "after=%00",
        "examined=x&changed=-1&unknown=1e9",
        "examined=" + "9" * 40,
        "P>N-PE=<script>&shown=²",
        "changes_role=9999999999",
    ],
)
def test_forged_counts_do_no_harm(browser: Client, fleet: None, forged: str) -> None:
    for path in (WHAT_IF, f"{WHAT_IF}more/"):
        response = browser.get(f"{path}?profile=extended&{forged}")
        assert names(response) == ["asbr1", "asbr2"]
        assert b"<script>&" not in response.content


@pytest.mark.parametrize("question", ["profile=none", "capability_policy=some", "show=changed"])
def test_a_question_that_makes_no_sense_is_said(
    browser: Client, fleet: None, question: str
) -> None:
    response = browser.get(f"{WHAT_IF}?{question}")

    assert parse(response).xpath("//ul[contains(@class, 'errorlist')]")
    assert not parse(response).xpath("//*[@data-what-if]")
    for part in ("more/", "table/"):
        assert browser.get(f"{WHAT_IF}{part}?{question}").status_code == 400


def test_hostile_names_are_escaped_and_no_formulas(browser: Client) -> None:
    evil = "=<script>alert(1)</script>"
    store(evil, BORDER)

    content = ask(browser, profile="extended", name="script").content.decode()
    response: Any = browser.get(f"{WHAT_IF}table/?profile=extended")

    assert "<script>alert" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert b"".join(response.streaming_content).splitlines()[1].startswith(b"'=<script>")


def test_nothing_is_written(browser: Client, fleet: None) -> None:
    before = [*Device.objects.values(), *DeviceEvaluation.objects.values()]
    ask(browser, profile="extended", show="all")
    assert [*Device.objects.values(), *DeviceEvaluation.objects.values()] == before


def test_it_is_for_those_who_may_see_devices(fleet: None) -> None:
    viewer = browser_of(make_user("viewer", "view_device"))
    nobody = browser_of(make_user("nobody", "run_job"))
    for part in ("", "more/", "table/"):
        assert viewer.get(f"{WHAT_IF}{part}?show=").status_code == 200
        assert nobody.get(f"{WHAT_IF}{part}?show=").status_code == 403


def test_the_list_of_devices_leads_to_it(browser: Client) -> None:
    page = parse(browser.get("/admin/prestage/device/"))
    assert page.xpath("//ul[@class='object-tools']//a[.='What if']/@href") == [WHAT_IF]


def test_queries_do_not_grow_with_the_devices(
    browser: Client, django_assert_num_queries: Any
) -> None:
    for start, count in ((0, 1), (10, 20)):
        for number in range(count):
            store(f"pe{start + number}", BORDER)
        # session, user, two of the permissions, preferences, devices, facts, exceptions, total
        with django_assert_num_queries(9):
            assert ask(browser, profile="extended").status_code == 200
