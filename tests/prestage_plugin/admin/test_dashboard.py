"""The dashboard on the app's index page, and the box on the admin's."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin.admin.dashboard.charts import Share, shares, stacked_columns
from prestage_plugin.models import Job, Worker
from prestage_plugin.services.submit import JobRequest
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import OPERATOR, make_device, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import claim_all, failure, run_job

pytestmark = pytest.mark.django_db
INDEX = "/admin/prestage/"
PART = "/admin/prestage/job/dashboard/"


@pytest.fixture
def chief(db: None) -> Client:
    return browser_of(make_user("chief", *OPERATOR, "view_all_jobs"))


def card(response: Any, name: str) -> Any:
    (found,) = parse(response).xpath(f"//section[@aria-labelledby='prestage-{name}']")
    return found


def boxes(response: Any) -> dict[str, int]:
    found = [words(box).split(maxsplit=1) for box in card(response, "jobs").xpath("./nav/a")]
    return {label: int(count) for count, label in found}


def listed(client: Client, address: str) -> int:
    """Return the number of rows of a list."""
    return len(parse(client.get(address)).xpath("//table[@id='result_list']//tbody/tr"))


@pytest.fixture
def busy(operator: User) -> Job:
    """A job of each kind, all of them Alice's."""
    make_devices(3)
    run_job(make_job(operator, name="done"), {})
    run_job(
        make_job(operator, name="bad"),
        {
            "pe0001": failure(ErrorCode.UNREACHABLE),
            "pe0002": failure(ErrorCode.UNREACHABLE),
            "pe0003": failure(ErrorCode.AUTHENTICATION),
        },
    )
    make_job(operator, name="later", scheduled_for=timezone.now() + timedelta(hours=3, minutes=1))
    running = make_job(operator, name="running")
    claim_all(running)
    return running


class TestJobs:
    def test_are_counted_by_state_with_links_to_the_lists(self, browser: Client, busy: Job) -> None:
        response = browser.get(INDEX)

        assert boxes(response) == {
            "Job Scheduled": 1,
            "In progress": 1,
            "Success": 1,
            "Failure": 1,
            "Cancelled": 0,
        }
        for link in card(response, "jobs").xpath("./nav/a"):
            count = words(link).split()[0]
            rows = parse(browser.get(link.get("href"))).xpath(
                "//table[@id='result_list']//tbody/tr"
            )
            assert len(rows) == int(count)

    def test_that_run_and_that_are_due_are_named(self, browser: Client, busy: Job) -> None:
        running, due = card(browser.get(INDEX), "jobs").xpath("./ul[@class='prestage-lines']")

        assert words(running).startswith(f"{busy} In progress")
        assert running.xpath(".//progress")
        assert words(due).endswith("later in 3 hours")

    def test_that_wait_for_a_worker_are_named_and_refresh(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(1)
        job = make_job(operator)

        response = browser.get(INDEX)

        (due,) = card(response, "jobs").xpath("./ul[@class='prestage-lines']")
        assert words(due) == f"{job} just now"
        assert parse(response).xpath("//*[@data-live-active]")

    def test_of_others_are_left_out(self, busy: Job) -> None:
        other = browser_of(make_user("other", *OPERATOR)).get(INDEX)

        assert set(boxes(other).values()) == {0}
        assert "No job runs or waits. Prestage devices" in words(card(other, "jobs"))
        assert "No device failed." in words(card(other, "failures"))

    def test_of_a_week_are_a_chart_and_a_table(self, browser: Client, busy: Job) -> None:
        Job.objects.filter(name="bad").update(scheduled_for=timezone.now() - timedelta(days=2))
        Job.objects.filter(name="done").update(scheduled_for=timezone.now() - timedelta(days=8))

        section = card(browser.get(INDEX), "week")
        (chart,) = section.xpath(".//svg[@role='img']")
        rows = [words(row) for row in section.xpath(".//details//tbody/tr")]

        assert len(rows) == 7
        assert rows[4].endswith("1 Failure")
        assert rows[3].endswith("—")
        assert "1 In progress" in rows[6]
        assert "Failure" in " ".join(chart.xpath(".//rect/title/text()"))
        assert chart.xpath("./title/text()") == ["Jobs of the last seven days by state"]

    def test_of_a_day_are_those_of_the_day_of_the_user(self, browser: Client, busy: Job) -> None:
        """It is tomorrow already, or still yesterday, somewhere."""
        last: list[str] = []
        for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
            browser.cookies["prestage_time_zone"] = zone
            row = card(browser.get(INDEX), "week").xpath(".//details//tbody/tr")[-1]
            last.append(words(row).split()[1])
        assert len(set(last)) == 2

    def test_that_ended_long_ago_are_not_counted_nor_listed(
        self, browser: Client, busy: Job
    ) -> None:
        Job.objects.filter(name="bad").update(scheduled_for=timezone.now() - timedelta(days=2))
        browser.cookies["prestage_time_zone"] = "Asia/Kolkata"

        response = browser.get(INDEX)
        links = card(response, "jobs").xpath("./nav/a/@href")

        assert (boxes(response)["Failure"], boxes(response)["Success"]) == (0, 1)
        assert [listed(browser, link) for link in links] == [1, 1, 1, 0, 0]


class TestDevices:
    @pytest.fixture(autouse=True)
    def fleet(self, db: None) -> None:
        make_device("a", recommended_role="N-PE", assigned_role="N-PE")
        make_device("b", recommended_role="N-PE")
        make_device("c", recommended_role="P", assigned_role="N-PE")
        make_device("d", recommended_role="UNKNOWN")
        make_device("e")
        make_device("gone", recommended_role="P", in_inventory=False)

    def test_by_role_are_a_bar_and_words(self, browser: Client) -> None:
        section = card(browser.get(INDEX), "devices")
        (bar,) = section.xpath("./svg")

        text = "N-PE: 2 (40 %), P: 1 (20 %), UNKNOWN: 1 (20 %), Not evaluated: 1 (20 %)"
        assert bar.get("aria-label") == text
        assert [rect.get("width") for rect in bar.xpath("./rect")] == ["240.0", *["120.0"] * 3]
        assert [words(each) for each in section.xpath("./ul/li")] == [
            "N-PE 2 (40 %)",
            "P 1 (20 %)",
            "UNKNOWN 1 (20 %)",
            "Not evaluated 1 (20 %)",
        ]

    def test_each_number_leads_to_its_devices(self, browser: Client) -> None:
        section = card(browser.get(INDEX), "devices")
        counts = {"To be confirmed": 1, "Drift": 1}
        links = [
            (link.get("href"), 2 if words(link) == "N-PE" else 1)
            for link in section.xpath("./ul//a")
        ]
        links += [
            (section.xpath(f".//dt[.='{label}']/following-sibling::dd/a/@href")[0], count)
            for label, count in counts.items()
        ]
        for address, count in links:
            assert listed(browser, address) == count, address

    def test_none_at_all_say_what_to_do(self, browser: Client) -> None:
        from prestage_plugin.models import Device

        Device.objects.all().delete()
        assert words(card(browser.get(INDEX), "devices")).endswith("Synchronise the inventory")


def test_failures_are_counted_by_error_code_with_what_to_do(browser: Client, busy: Job) -> None:
    response = browser.get(INDEX)

    rows = table(response, "//section[@aria-labelledby='prestage-failures']//table")
    assert [row[0] for row in rows] == ["unreachable", "authentication"]
    assert [row[1].split()[0] for row in rows] == ["2", "1"]
    assert REGISTRY[ErrorCode.UNREACHABLE].action in rows[0][2]


class TestHealth:
    def test_says_what_is_not_well(self, browser: Client) -> None:
        section = card(browser.get(INDEX), "health")

        assert "degraded" in words(section.xpath("./p")[0])
        assert section.xpath("./details/@open")
        assert "No worker runs; start manage.py prestage_worker." in words(section)

    def test_is_closed_when_all_is_well(self, browser: Client) -> None:
        soon = timezone.now() + timedelta(hours=1)
        Worker.objects.create(name="host", started_at=soon, seen_at=soon, proof_at=soon)

        section = card(browser.get(INDEX), "health")
        assert words(section.xpath("./p")[0]) == "ok"
        assert not section.xpath("./details/@open")


SECTIONS = {
    ("view_device",): ["devices"],
    ("change_device",): ["devices"],
    ("view_job",): ["jobs", "health", "week", "failures"],
    ("run_job",): ["jobs", "week", "failures"],
    ("view_all_jobs",): ["jobs", "week", "failures"],
    OPERATOR: ["jobs", "health", "week", "devices", "failures"],
}


@pytest.mark.parametrize("permissions", SECTIONS)
def test_everybody_sees_what_they_may_see(permissions: tuple[str, ...]) -> None:
    client = browser_of(make_user("somebody", *permissions))

    found = parse(client.get(INDEX)).xpath("//section/@aria-labelledby")
    part = client.get(PART)

    names = [f"prestage-{name}" for name in SECTIONS[permissions]]
    assert found == names
    assert part.status_code == (200 if "prestage-jobs" in names else 403)


def test_strangers_see_nothing(client: Client) -> None:
    assert client.get(INDEX).status_code == 302
    assert client.get(PART).status_code == 302
    nobody = browser_of(make_user("nobody"))
    assert nobody.get(PART).status_code == 403
    assert not parse(nobody.get("/admin/")).xpath("//*[@id='prestage-box']")


def test_the_part_that_refreshes_is_that_of_the_page(browser: Client, busy: Job) -> None:
    page = parse(browser.get(INDEX))
    (frame,) = page.xpath("//div[@data-live-url]")
    (part,) = parse(browser.get(frame.get("data-live-url"))).xpath("//*[@data-live-part]")

    assert words(part) == words(frame.xpath("./*[@data-live-part]")[0])
    assert part.get("data-live-active") is not None


def test_a_site_without_active_jobs_refreshes_nothing(browser: Client) -> None:
    (part,) = parse(browser.get(INDEX)).xpath("//*[@data-live-part]")
    assert part.get("data-live-active") is None


def test_the_index_of_the_admin_has_a_box(browser: Client, busy: Job) -> None:
    (box,) = parse(browser.get("/admin/")).xpath("//*[@id='prestage-box']")

    assert "In progress 1" in words(box)
    assert "N-PE 3 (100 %)" in words(box)
    assert box.xpath(".//a[.='Dashboard']/@href") == [INDEX]
    assert not parse(browser.get(INDEX)).xpath("//*[@id='prestage-box']"), "it has the whole"


def test_hostile_names_are_escaped(browser: Client, operator: User) -> None:
    make_devices(1)
    claim_all(make_job(operator, name="<script>alert(1)</script>"))

    for address in (INDEX, PART):
        content = browser.get(address).content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_queries_do_not_grow_with_jobs_devices_or_workers(
    chief: Client, operator: User, django_assert_num_queries: Any
) -> None:
    make_devices(2)
    now = timezone.now()
    soon = now + timedelta(hours=1)
    for count in (1, 20):
        for number in range(count):
            make_device(f"x{count}-{number}", recommended_role="P")
            run_job(make_job(operator), {"pe0001": failure()})
            claim_all(make_job(operator, scope=JobRequest().scope))
            make_job(operator, scheduled_for=now + timedelta(hours=1))
            old = now - timedelta(minutes=1)
            # Alive for as long as a busy machine may take.
            Worker.objects.create(
                name=f"{count}-{number}", started_at=old, seen_at=soon, proof_at=old
            )
        # session, user, preferences, two of the permissions, running and waiting jobs, jobs by
        # state; of the health: database, broker, workers, wedged ones, silent ones, leases, due
        # jobs, waiting work, clock, two of the notifications, listeners
        with django_assert_num_queries(20):
            assert chief.get(PART).status_code == 200
        # as before, and devices, failures, the week
        with django_assert_num_queries(23):
            assert chief.get(INDEX).status_code == 200
        # session, user, preferences, two of the permissions, devices, jobs by state, the own log
        with django_assert_num_queries(8):
            assert chief.get("/admin/").status_code == 200


class TestCharts:
    def test_the_parts_of_a_bar_fill_it(self) -> None:
        parts = [Share(key=str(n), label="", count=n) for n in (1, 0, 2)]
        first, nothing, last = shares(parts)

        assert (first.x, first.width, nothing.width) == (0.0, 200.0, 0.0)
        assert (last.x, last.width, last.percent) == (200.0, 400.0, 67)

    def test_a_bar_of_nothing_has_no_width(self) -> None:
        assert [each.width for each in shares([Share(key="", label="", count=0)])] == [0.0]

    def test_columns_stand_on_their_base_and_the_highest_is_whole(self) -> None:
        spans = [("Mon", {"a": 3, "b": 1, "c": 9}), ("Tue", {"a": 2, "b": 0, "c": 9})]
        found = stacked_columns(spans, {"a": "A", "b": "B"})
        monday, tuesday = found.columns

        assert (found.most, monday.total, tuesday.total) == (4, 4, 2)
        assert [(piece.y, piece.height) for piece in monday.pieces] == [(25.0, 75.0), (0.0, 25.0)]
        assert [(piece.y, piece.height) for piece in tuesday.pieces] == [(50.0, 50.0)]
        assert found.legend == [("a", "A"), ("b", "B")]

    def test_days_without_jobs_have_no_height(self) -> None:
        found = stacked_columns([("Mon", {"a": 0})], {"a": "A"})
        assert (found.most, found.columns[0].pieces, found.legend) == (0, [], [])
