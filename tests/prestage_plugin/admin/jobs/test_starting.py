"""The page that starts and schedules jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from prestage_plugin.models import Job, Schedule
from prestage_plugin.services.preferences import choose_time_zone
from tests.prestage_plugin.admin.page import messages_of, parse, words
from tests.prestage_plugin.factories import make_device, make_devices

pytestmark = pytest.mark.django_db
START = "/admin/prestage/job/start/"
PREVIEW = f"{START}preview/"
EVIL = "<script>alert(1)</script>"


def filled(client: Client, **values: Any) -> dict[str, Any]:
    """The form as it is shown, with some fields filled in."""
    (form,) = [form for form in parse(client.get(START)).forms if "job_type" in form.fields]
    return dict(form.form_values()) | values


def problems(response: Any) -> str:
    return " ".join(
        words(each) for each in parse(response).xpath("//ul[contains(@class, 'error')]")
    )


@pytest.mark.parametrize(
    ("values", "scope", "names"),
    [
        ({}, {"kind": "all"}, {"pe1", "pe2", "p1"}),
        (
            {"scope": "filter", "filter_name": "pe*", "devices": "p1"},
            {"kind": "filter", "filter": {"name": "pe*"}},
            {"pe1", "pe2"},
        ),
        (
            {"scope": "filter", "filter_platform": "iosxr", "filter_recommended_role": "P"},
            {"kind": "filter", "filter": {"platform": "iosxr", "recommended_role": "P"}},
            {"p1"},
        ),
        (
            {"scope": "devices", "devices": "pe2, pe1\r\n\r\n pe1 ", "filter_name": "x"},
            {"kind": "devices", "devices": ["pe2", "pe1"]},
            {"pe1", "pe2"},
        ),
    ],
)
def test_the_scope_is_all_a_filter_or_chosen_devices(
    browser: Client, values: dict[str, str], scope: dict[str, Any], names: set[str]
) -> None:
    make_device("pe1")
    make_device("pe2")
    make_device("p1", platform="iosxr", recommended_role="P")

    browser.post(START, filled(browser, **values))

    job = Job.objects.get()
    assert job.scope == scope
    assert set(job.devices.values_list("device_name", flat=True)) == names


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"scope": "filter"}, "must be an object with at least one key"),
        ({"scope": "filter", "filter_name": "x*"}, "No device matches the filter"),
        ({"scope": "devices"}, "names no device"),
        ({"scope": "devices", "devices": f"pe0001,{EVIL}"}, f"Not in the inventory: {EVIL}."),
        ({"scope": "nonsense"}, "Select a valid choice"),
        ({"when": "later"}, "Say when."),
        ({"when": "later", "start_at": "2020-01-01T00:00"}, "in the past"),
        ({"when": "later", "start_at": "nonsense"}, "Enter a valid date/time."),
        ({"failure_threshold": "101"}, "less than or equal to 100"),
        ({"profile": "nonsense"}, "Select a valid choice"),
        ({"when": "recurring", "weekdays": []}, "at least one weekday"),
        ({"when": "recurring", "every": "0"}, "greater than or equal to 1"),
        ({"when": "recurring", "ends": "date", "until": "2020-01-01"}, "ends before it starts"),
        ({"when": "recurring", "ends": "date"}, "until must be like"),
        ({"when": "recurring", "ends": "count"}, "whole number from 1"),
        ({"when": "recurring", "zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"when": "recurring", "start": "nonsense"}, "start must be like"),
    ],
)
def test_what_cannot_be_is_said_and_starts_nothing(
    browser: Client, values: dict[str, Any], text: str
) -> None:
    make_devices(1)

    response = browser.post(START, filled(browser, **values))

    assert text in problems(response)
    assert EVIL not in response.content.decode()
    assert not Job.objects.exists()
    assert not Schedule.objects.exists()


def test_every_option_reaches_the_job(browser: Client) -> None:
    make_devices(1)
    values = {"job_type": "discover-only", "dry_run": "on", "read_all": "on", "name": "Mine"}
    values |= {"profile": "extended", "capability_policy": "all", "failure_threshold": "15"}

    browser.post(START, filled(browser, **values))

    job = Job.objects.get()
    assert (job.job_type, job.dry_run, job.read_all) == ("discover-only", True, True)
    assert (job.name, job.profile, job.capability_policy) == ("Mine", "extended", "all")
    assert job.failure_threshold == 15


def test_later_is_a_time_in_the_users_zone(browser: Client, operator: User) -> None:
    make_devices(1)
    choose_time_zone(user=operator, zone="Asia/Tokyo")

    response = browser.post(
        START, filled(browser, when="later", start_at="2037-01-01T09:00"), follow=True
    )

    job = Job.objects.get()
    assert job.scheduled_for == datetime(2037, 1, 1, tzinfo=UTC)
    assert job.planned_at is None
    assert messages_of(response) == [f"Job #{job.pk} is scheduled."]
    assert "Jan. 1, 2037, 9 a.m. JST" in response.content.decode()


def test_recurring_begins_a_series_and_goes_to_it(browser: Client) -> None:
    make_devices(1)
    values = {"when": "recurring", "repeat": "weekly", "every": "2", "weekdays": ["mon", "wed"]}
    values |= {"start": "2036-12-01T02:00", "zone": "Europe/Berlin"}
    values |= {"ends": "date", "until": "2037-01-31"}

    response = browser.post(START, filled(browser, **values), follow=True)

    schedule = Schedule.objects.get()
    page = words(parse(response))
    assert messages_of(response) == [f"The schedule #{schedule.pk} begins."]
    assert response.redirect_chain == [(f"/admin/prestage/schedule/{schedule.pk}/change/", 302)]
    assert "Every 2 weeks on Mon, Wed at 02:00 Europe/Berlin until 2037-01-31" in page
    assert "Mon Dec. 1, 2036, 2 a.m. CET" in page
    assert Job.objects.get().schedule == schedule


def test_a_series_that_is_sent_twice_is_one(browser: Client) -> None:
    make_devices(1)
    form = filled(browser, when="recurring")

    answers = [browser.post(START, form) for _click in range(2)]

    schedule = Schedule.objects.get()
    assert [answer.headers["Location"] for answer in answers] == [
        f"/admin/prestage/schedule/{schedule.pk}/change/"
    ] * 2


class TestPreview:
    def preview(self, client: Client, **values: Any) -> str:
        given = {"repeat": "daily", "every": "1", "start": "2037-03-27T02:30", "ends": "never"}
        given |= {"zone": "Europe/Berlin"} | values
        return words(parse(client.get(f"{PREVIEW}?{urlencode(given, doseq=True)}")))

    def test_has_the_next_five_times_across_daylight_saving(self, browser: Client) -> None:
        text = self.preview(browser)

        assert "Every day at 02:30 Europe/Berlin" in text
        assert "Sat March 28, 2037, 2:30 a.m. CETSun March 29, 2037, 3 a.m. CEST" in text
        assert text.endswith("Tue March 31, 2037, 2:30 a.m. CEST")

    def test_has_fewer_when_the_series_ends(self, browser: Client) -> None:
        text = self.preview(browser, ends="count", count="2")
        assert text.count("2037") == 2

    def test_says_when_all_of_it_is_past(self, browser: Client) -> None:
        text = self.preview(browser, start="2020-01-01T00:00", ends="count", count="2")
        assert "None of its times is in the future." in text

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            ({"start": ""}, "Fill in the fields first."),
            ({"start": EVIL}, "start must be like"),
            ({"zone": EVIL}, "Fill in the fields first."),
            ({"every": "99999999999"}, "whole number from 1 to"),
            ({"repeat": "weekly"}, "at least one weekday"),
        ],
    )
    def test_says_what_is_wrong(self, browser: Client, values: dict[str, str], text: str) -> None:
        assert text in self.preview(browser, **values)

    def test_is_on_the_page_for_those_without_javascript(self, browser: Client) -> None:
        make_devices(1)

        response = browser.post(START, filled(browser, when="recurring", preview="yes"))

        assert "The next five times:" in words(parse(response))
        assert not Schedule.objects.exists()


def test_queries_do_not_grow_with_the_devices(
    browser: Client, django_assert_num_queries: Any
) -> None:
    for number in (1, 20):
        for each in range(number):
            make_device(f"pe{number}-{each}")
        # session, user, two of the permissions, preferences, devices
        with django_assert_num_queries(6):
            assert browser.get(START).status_code == 200


def test_now_is_now(browser: Client) -> None:
    make_devices(1)

    # What belongs to another choice is left out.
    browser.post(START, filled(browser, start_at="2037-01-01T09:00"))

    assert abs(Job.objects.get().scheduled_for - timezone.now()) < timedelta(minutes=1)
