"""Filters, search, order and pages of the list of jobs."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.admin.jobs import search
from prestage_plugin.models import Job
from prestage_plugin.services.scope import Scope
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_devices, make_job, make_user

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"


@pytest.fixture
def chief(db: None) -> Client:
    return browser_of(make_user("chief", "view_all_jobs"))


def names(client: Client, **query: str) -> list[str]:
    response = client.get(f"{JOBS}?{urlencode(query)}", follow=True)
    return [words(cell) for cell in parse(response).xpath("//th[@class='field-job_name']")] or [
        words(cell) for cell in parse(response).xpath("//*[@class='field-job_name']")
    ]


@pytest.fixture
def jobs(operator: User) -> None:
    make_devices(2)
    make_job(operator, name="one", scope=Scope(kind="devices", devices=("pe0001",)))
    make_job(make_user("bob"), name="two", scope=Scope(kind="devices", devices=("pe0002",)))
    make_job(None, name="three", scheduled_for=timezone.now() + timedelta(days=9))


def local(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["three", "two", "one"]),
        ({"user": "alice"}, ["one"]),
        ({"user": "system"}, ["three"]),
        ({"user": "ali"}, []),
        ({"device": "pe0002"}, ["two"]),
        ({"device": "pe000"}, []),
        ({"from": local(1)}, ["three"]),
        ({"to": local(1)}, ["two", "one"]),
        ({"from": local(-1), "to": local(1), "user": "bob"}, ["two"]),
        ({"q": "pe0001"}, ["one"]),
        ({"q": "tw"}, ["two"]),
        ({"o": "2"}, ["one", "three", "two"]),
        ({"from": "nonsense"}, ["three", "two", "one"]),
        ({"from": "0001-01-01T00:00"}, ["three", "two", "one"]),
        ({"user": "\x00"}, ["three", "two", "one"]),
    ],
)
def test_jobs_are_narrowed_down(
    chief: Client, jobs: None, query: dict[str, str], found: list[str]
) -> None:
    assert names(chief, **query) == found


def test_a_filter_keeps_the_others(chief: Client, jobs: None) -> None:
    page = parse(chief.get(f"{JOBS}?user=bob&q=two&p=1"))
    (field,) = page.xpath("//details[@data-filter-title='device']//form")

    assert dict(field.form_values()) == {"user": "bob", "q": "two", "device": ""}


def test_what_was_filtered_by_is_escaped(chief: Client, jobs: None) -> None:
    evil = '"><script>alert(1)</script>'

    content = chief.get(f"{JOBS}?{urlencode({'user': evil, 'q': evil})}").content.decode()

    assert "<script>alert" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_pages_are_not_counted(chief: Client, operator: User) -> None:
    make_devices(1)
    job = make_job(operator)
    values: dict[str, Any] = {**Job.objects.filter(pk=job.pk).values().get(), "id": None}
    Job.objects.bulk_create(Job(**values) for _ in range(620))

    with CaptureQueriesContext(connection) as queries:
        first = chief.get(JOBS)
        counting = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
    last = chief.get(f"{JOBS}?p=13")

    assert len(counting) == 1
    assert "LIMIT 501" in counting[0]
    assert "more than 500 jobs" in words(parse(first))
    assert "621 jobs" in words(parse(last))
    assert len(parse(last).xpath("//table[@id='result_list']/tbody/tr")) == 21


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "9" * 30, "\x00"])
def test_a_page_that_is_not_there_leads_to_the_list(chief: Client, jobs: None, page: str) -> None:
    assert chief.get(f"{JOBS}?p={page}", follow=True).status_code == 200


class TestRowsThatRefresh:
    def rows(self, client: Client, ids: str) -> Any:
        response = client.get(f"{JOBS}rows/?{urlencode({'ids': ids})}")
        assert response.status_code == 200
        return parse(response).xpath("//tr") if response.content.strip() else []

    def test_have_the_cells_of_the_list(self, browser: Client, jobs: None) -> None:
        job = Job.objects.get(name="one")
        (row,) = self.rows(browser, str(job.pk))
        shown = parse(browser.get(JOBS)).xpath("//table[@id='result_list']/tbody/tr/td")
        expected = [cell.get("class") for cell in shown if "field-job" not in cell.get("class")]

        assert [cell.get("class") for cell in row.xpath("./td")] == expected[1:]
        assert row.get("data-state") == "Job Scheduled"

    def test_leave_out_hidden_columns(self, browser: Client, jobs: None) -> None:
        browser.post(f"{JOBS}columns/", {"hide": "percent_bar"})
        (row,) = self.rows(browser, str(Job.objects.get(name="one").pk))

        assert not row.xpath("./td[@class='field-percent_bar']")

    @pytest.mark.parametrize("ids", ["", ",", "x", "-1", "9" * 30, "1,2,\x00", "²"])
    def test_do_not_mind_nonsense(self, browser: Client, jobs: None, ids: str) -> None:
        assert len(self.rows(browser, ids)) <= 1

    def test_take_the_same_queries_for_any_number(
        self, chief: Client, operator: User, django_assert_num_queries: Any
    ) -> None:
        make_devices(1)
        numbers = [str(make_job(operator).pk) for _ in range(20)]
        for ids in (numbers[:1], numbers):
            # session, user, two of the permissions, preferences, jobs
            with django_assert_num_queries(6):
                assert len(self.rows(chief, ",".join(ids))) == len(ids)


class TestNewRows:
    def rows(self, client: Client, **query: object) -> list[list[str]]:
        response = client.get(f"{JOBS}rows/?{urlencode({'ids': ''} | query)}")
        return (
            table(response, "//table[@data-newest]") if b"data-newest" in response.content else []
        )

    def test_are_those_that_the_list_would_show_above_its_first(
        self, chief: Client, jobs: None
    ) -> None:
        two = Job.objects.get(name="two")
        first = parse(chief.get(JOBS)).xpath("//table[@id='result_list']/tbody/tr")[0]
        (row,) = parse(chief.get(f"{JOBS}rows/?after={two.pk}")).xpath("//tr[@data-new]")

        assert words(row) == words(first)
        assert [cell.get("class") for cell in row] == [cell.get("class") for cell in first]
        assert row.xpath(".//input[@name='_selected_action']")
        assert row.xpath("./th/a/@href")[0].startswith(JOBS)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", ["three", "two", "one"]),
            ("user=bob", ["two"]),
            ("q=thr", ["three"]),
            ("job_type__exact=auto", []),
            ("nonsense=1", []),
            ("state__exact=%00", []),
        ],
    )
    def test_are_filtered_like_the_list(
        self, chief: Client, jobs: None, query: str, names: list[str]
    ) -> None:
        assert [row[2] for row in self.rows(chief, after=0, list=query)] == names

    def test_leave_out_what_one_may_not_see(self, browser: Client, jobs: None) -> None:
        assert [row[2] for row in self.rows(browser, after=0)] == ["one"]

    @pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "²", "9" * 18])
    def test_do_not_mind_nonsense(self, chief: Client, jobs: None, after: str) -> None:
        assert self.rows(chief, after=after) == []

    def test_cost_one_query_while_there_are_none(
        self, chief: Client, jobs: None, django_assert_num_queries: Any
    ) -> None:
        newest = Job.objects.latest("pk").pk
        # session, user, two of the permissions, preferences, the newest job
        with django_assert_num_queries(6):
            chief.get(f"{JOBS}rows/?after={newest}&ids=")
        # as before, and the list's own: a look ahead, jobs
        with django_assert_num_queries(8):
            chief.get(f"{JOBS}rows/?after=0&ids=")


class TestSearch:
    def test_reaches_names_of_the_newest_jobs_of_the_list(
        self, chief: Client, jobs: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "MOST_SEARCHED", 2)

        assert names(chief, q="one") == []
        assert names(chief, q="two") == ["two"]
        assert names(chief, q="one", to=local(1)) == ["one"], "a filter reaches older ones"
        assert names(chief, q=str(Job.objects.get(name="one").pk)) == ["one"], "an id always does"
        assert names(chief, q="pe0001") == ["one"], "and a device"

    def test_says_how_far_it_reaches(self, chief: Client, jobs: None) -> None:
        text = "names in the newest 10000 of this list"
        assert text in words(parse(chief.get(f"{JOBS}?q=two"))).replace(",", "")
        assert text not in words(parse(chief.get(JOBS)))

    def test_of_a_name_shows_as_many_as_a_person_can_look_at(
        self, chief: Client, jobs: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "MOST_FOUND", 2)
        assert names(chief, q="e") == ["three", "one"]

    def test_finds_nothing_of_others(self, browser: Client, jobs: None) -> None:
        assert names(browser, q="two") == []
        assert names(browser, q="pe0002") == []
        assert names(browser, q=str(Job.objects.get(name="two").pk)) == []

    def test_costs_three_queries_more_and_a_fourth_for_a_device(
        self, chief: Client, jobs: None, django_assert_num_queries: Any
    ) -> None:
        # session, user, two of the permissions, preferences, the oldest name, names, device,
        # a look ahead, jobs
        with django_assert_num_queries(10):
            chief.get(f"{JOBS}?q=two")
        with django_assert_num_queries(11):
            chief.get(f"{JOBS}?q=pe0001")
