from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import Job, JobTransition, Schedule
from prestage_plugin.recurrence import recurrence_in_words
from prestage_plugin.services.tick import tick
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_user

pytestmark = pytest.mark.django_db
SCHEDULES = "/prestage/api/v1/schedules/"
DAILY = {"repeat": "daily", "start": "2030-11-24T02:00", "zone": "Europe/Berlin"}
WORDS = "Every day at 02:00 Europe/Berlin"


@pytest.fixture(autouse=True)
def devices(db: None) -> None:
    make_devices(2)


def create(api: APIClient, **body: Any) -> Any:
    return api.post(SCHEDULES, {"recurrence": DAILY} | body, format="json")


def act(api: APIClient, schedule: int, action: str, **body: Any) -> Any:
    return api.post(f"{SCHEDULES}{schedule}/{action}/", body, format="json")


def waiting(schedule: int) -> list[Job]:
    return list(Job.objects.waiting().filter(schedule=schedule))


def test_a_schedule_begins_with_its_first_job(api: APIClient) -> None:
    response = create(api, name="nightly", dry_run=True, scope={"devices": ["pe0001"]})

    document = response.json()
    assert (response.status_code, response["Location"]) == (201, document["links"]["self"])
    assert (document["state"], document["state_display"]) == ("active", "Active")
    assert document["recurrence_display"] == WORDS
    assert document["next_at"] == "2030-11-24T01:00:00Z"
    assert document["recurrence"] == DAILY | {
        "every": 1,
        "weekdays": [],
        "until": None,
        "count": None,
    }
    [job] = waiting(document["id"])
    assert (job.name, job.dry_run, job.username) == ("nightly", True, "alice")
    assert api.get(document["links"]["self"]).json() == document
    [listed] = api.get(document["links"]["jobs"]).json()["results"]
    assert listed["id"] == job.pk


def test_a_key_begins_one_schedule(api: APIClient) -> None:
    key = {"Idempotency-Key": "1"}
    answers = [
        api.post(SCHEDULES, {"recurrence": DAILY}, format="json", headers=key) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert Schedule.objects.count() == 1


def test_the_history_of_the_job_names_the_token(operator: User) -> None:
    client = client_with(make_token(operator, "jobs", name="ci"))

    assert create(client).status_code == 201
    assert JobTransition.objects.get().actor == "alice via token ci"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"recurrence": None}, "null"),
        ({"recurrence": "daily"}, "invalid"),
        ({"recurrence": {}}, "bad-recurrence"),
        ({"recurrence": DAILY | {"zone": "Mars"}}, "bad-recurrence"),
        ({"recurrence": DAILY | {"start": "2020-01-01T00:00", "count": 1}}, "bad-recurrence"),
        ({"recurrence": DAILY | {"hour": 5}}, "bad-recurrence"),
        ({"scheduled_for": "2030-01-01T00:00:00Z"}, "unknown-field"),
        ({"scope": {"devices": ["none"]}}, "unknown-devices"),
        ({"profile": "none"}, "unknown-profile"),
    ],
)
def test_what_is_no_schedule(api: APIClient, body: dict[str, Any], code: str) -> None:
    response = create(api, **body)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Schedule.objects.exists()
    assert not Job.objects.exists()


def test_a_recurrence_is_previewed_before_it_is_saved(api: APIClient) -> None:
    body = {"recurrence": DAILY | {"until": "2030-11-25"}, "count": 3}

    response = api.post(f"{SCHEDULES}preview/", body, format="json")

    assert response.json() == {
        "recurrence_display": f"{WORDS} until 2030-11-25",
        "times": ["2030-11-24T01:00:00Z", "2030-11-25T01:00:00Z"],
    }
    assert not Schedule.objects.exists()


def test_a_token_that_reads_may_preview(operator: User) -> None:
    client = client_with(make_token(operator, "read"))

    response = client.post(f"{SCHEDULES}preview/", {"recurrence": DAILY}, format="json")

    assert (response.status_code, len(response.json()["times"])) == (200, 5)


def test_the_next_times_of_a_schedule(api: APIClient) -> None:
    schedule = create(api).json()
    preview = schedule["links"]["preview"]

    assert api.get(f"{preview}?count=2").json()["times"] == [
        "2030-11-24T01:00:00Z",
        "2030-11-25T01:00:00Z",
    ]
    assert len(api.get(preview).json()["times"]) == 5
    for wrong in ("0", "101", "x", "", "-1", "\u0663"):
        assert api.get(preview, {"count": wrong}).status_code == 400
    act(api, schedule["id"], "cancel")
    assert api.get(preview).json()["times"] == []


def test_a_change_changes_the_next_job_as_well(api: APIClient) -> None:
    schedule = create(api, name="old").json()
    later = DAILY | {"start": "2030-11-24T03:00"}

    response = api.patch(
        schedule["links"]["self"], {"recurrence": later, "name": "new"}, format="json"
    )

    document = response.json()
    assert (response.status_code, document["next_at"]) == (200, "2030-11-24T02:00:00Z")
    assert (document["name"], document["recurrence"]["start"]) == ("new", "2030-11-24T03:00")
    [job] = waiting(schedule["id"])
    assert (job.name, job.scheduled_for.hour) == ("new", 2)
    assert recurrence_in_words(job.recurrence) == "Every day at 03:00 Europe/Berlin"
    last = JobTransition.objects.filter(job=job).latest("pk")
    assert last.reason == "alice changed the schedule."
    assert api.get(schedule["links"]["self"])["ETag"] == response["ETag"]


def test_a_change_that_says_nothing_of_the_times_keeps_them(api: APIClient) -> None:
    schedule = create(api, name="old", failure_threshold=5).json()

    document = api.patch(schedule["links"]["self"], {"dry_run": True}, format="json").json()

    assert document == schedule | {"dry_run": True}
    [job] = waiting(schedule["id"])
    assert (job.dry_run, job.failure_threshold, job.scheduled_for.hour) == (True, 5, 1)


def test_a_change_of_an_older_version_is_refused(api: APIClient) -> None:
    path = create(api).json()["links"]["self"]
    tag = api.get(path)["ETag"]
    match = {"If-Match": tag}
    assert api.patch(path, {"name": "a"}, format="json", headers=match).status_code == 200

    response = api.patch(path, {"name": "b"}, format="json", headers=match)

    assert (response.status_code, response.json()["code"]) == (412, "precondition-failed")
    assert Schedule.objects.get().name == "a"


def test_a_schedule_that_is_paused_runs_no_more_until_it_is_resumed(api: APIClient) -> None:
    schedule = create(api).json()

    paused = [act(api, schedule["id"], "pause").json() for _ in range(2)]
    assert [(each["state"], each["next_at"]) for each in paused] == [("paused", None)] * 2
    tick()
    assert waiting(schedule["id"]) == []
    assert Job.objects.get().state == "cancelled"

    resumed = [act(api, schedule["id"], "resume").json() for _ in range(2)]
    assert {each["next_at"] for each in resumed} == {"2030-11-24T01:00:00Z"}
    assert [job.occurrence for job in waiting(schedule["id"])] == [1]
    assert resumed[0]["occurrences"] == 2


def test_a_paused_schedule_can_be_changed_and_stays_paused(api: APIClient) -> None:
    schedule = create(api).json()
    act(api, schedule["id"], "pause")
    later = DAILY | {"start": "2030-11-24T03:00"}

    document = api.patch(schedule["links"]["self"], {"recurrence": later}, format="json").json()

    assert (document["state"], document["next_at"]) == ("paused", None)
    assert act(api, schedule["id"], "resume").json()["next_at"] == "2030-11-24T02:00:00Z"


def test_a_schedule_runs_now_beside_its_times(api: APIClient) -> None:
    schedule = create(api, name="nightly").json()

    response = act(api, schedule["id"], "run")
    again = act(api, schedule["id"], "run")

    job = response.json()
    assert (response.status_code, response["Location"]) == (202, job["links"]["self"])
    assert (job["name"], job["schedule"], job["counts"]["total"]) == ("nightly", schedule["id"], 2)
    assert (again.status_code, again.json()["code"]) == (409, "still-running")
    [waits] = waiting(schedule["id"])
    assert waits.pk != job["id"]


def test_the_next_job_is_cancelled_alone_or_with_the_series(api: APIClient) -> None:
    schedule = create(api).json()

    first = act(api, schedule["id"], "cancel", which="next").json()
    assert (first["state"], first["next_at"]) == ("active", "2030-11-25T01:00:00Z")
    last = [act(api, schedule["id"], "cancel").json() for _ in range(2)]
    assert [(each["state"], each["next_at"]) for each in last] == [("cancelled", None)] * 2
    assert {job.state for job in Job.objects.all()} == {"cancelled"}

    for action, body in (
        ("pause", {}),
        ("resume", {}),
        ("cancel", {"which": "next"}),
    ):
        response = act(api, schedule["id"], action, **body)
        assert response.status_code == 409, action
        assert response.json()["code"] in {"already-finished", "no-next-job"}
    assert api.patch(schedule["links"]["self"], {}, format="json").status_code == 409


def test_a_schedule_of_which_no_time_is_left_is_not_resumed(api: APIClient) -> None:
    schedule = create(api).json()
    act(api, schedule["id"], "pause")
    over = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT00:00")
    Schedule.objects.update(recurrence=DAILY | {"start": over, "count": 1})

    response = act(api, schedule["id"], "resume")

    assert (response.status_code, response.json()["code"]) == (409, "already-finished")


def test_schedules_of_others_are_not_there(api: APIClient) -> None:
    schedule = create(api).json()
    bob = client_of(make_user("bob", *OPERATOR))

    assert bob.get(SCHEDULES).json()["results"] == []
    assert bob.get(schedule["links"]["self"]).status_code == 404
    assert act(bob, schedule["id"], "pause").status_code == 404


def test_who_sees_all_may_change_only_with_the_permission(api: APIClient) -> None:
    schedule = create(api).json()
    path = schedule["links"]["self"]
    viewer = client_of(make_user("viewer", "view_job", "view_all_jobs"))
    canceller = client_of(make_user("cancel", *OPERATOR, "view_all_jobs", "cancel_any_job"))
    changer = client_of(make_user("change", *OPERATOR, "view_all_jobs", "change_schedule"))

    assert viewer.get(path).status_code == 200
    assert [
        (
            client.patch(path, {"name": "x"}, format="json").status_code,
            act(client, schedule["id"], "pause").status_code,
            act(client, schedule["id"], "cancel", which="next").status_code,
        )
        for client in (viewer, changer)
    ] == [(403, 403, 403), (200, 200, 403)]
    assert act(canceller, schedule["id"], "cancel").status_code == 200
    assert act(canceller, schedule["id"], "run").status_code == 403


@pytest.mark.parametrize("query", ["?state=paused", "?user=bob", "?name=zzz", "?job_type=assign"])
def test_schedules_are_filtered(api: APIClient, query: str) -> None:
    create(api, name="nightly")

    assert len(api.get(SCHEDULES).json()["results"]) == 1
    assert api.get(SCHEDULES + query).json()["results"] == []


def test_a_rule_that_cannot_be_read_any_more_is_still_shown(api: APIClient) -> None:
    schedule = create(api).json()
    Schedule.objects.update(recurrence=DAILY | {"zone": "Gone/Away"})

    assert api.get(schedule["links"]["self"]).json()["recurrence_display"] == ""
    response = api.get(schedule["links"]["preview"])
    assert (response.status_code, response.json()["code"]) == (400, "bad-recurrence")


def test_queries_do_not_grow_with_the_schedules(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        create(api)
    # session, user, two of the permissions, schedules
    with django_assert_num_queries(5):
        assert len(api.get(SCHEDULES).json()["results"]) == 3
