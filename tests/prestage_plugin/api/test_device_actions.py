from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet
from rest_framework.test import APIClient

from prestage_plugin.models import Device, Job, RoleChange, RoleException
from prestage_plugin.services.device_locks import lock_devices
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import make_device, make_evaluated_device, make_user

pytestmark = pytest.mark.django_db
DEVICES = "/prestage/api/v1/devices/"
KNOWN = 4
"""Queries that know the user: session, user, two of the permissions."""
EDITOR = (
    *("view_device", "change_device", "assign_role", "run_job", "view_job"),
    *("view_roleexception", "add_roleexception", "delete_roleexception"),
)


@pytest.fixture
def editor(db: None) -> User:
    return make_user("erin", *EDITOR)


@pytest.fixture
def api(editor: User) -> APIClient:
    return client_of(editor)


@pytest.fixture
def device(db: None) -> Device:
    return make_evaluated_device("pe1")


def post(api: APIClient, path: str, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.post(f"{DEVICES}{path}/", body, format="json", headers=named)


def used_by(names: Any) -> dict[str, list[str]]:
    return {name: ["service 12"] for name in names}


def test_a_recommendation_is_confirmed_and_taken_back(api: APIClient, device: Device) -> None:
    given = post(api, f"{device.pk}/assign")
    taken = post(api, f"{device.pk}/unassign")

    assert given.status_code == 200
    document = given.json()
    assert (document["assigned_role"], document["assigned_loopback"]) == ("N-PE", "10.0.0.1")
    assert document["assigned_by"] == "erin"
    assert (taken.status_code, taken.json()["assigned_role"]) == (200, None)
    actors = RoleChange.objects.order_by("pk").values_list("kind", "actor")
    assert list(actors) == [("assigned", "erin"), ("unassigned", "erin")]


def test_after_drift_a_device_is_assigned_as_its_configuration_says(api: APIClient) -> None:
    device = make_evaluated_device("pe1", assigned_role="P")

    followed = post(api, f"{device.pk}/follow")

    document = followed.json()
    assert (followed.status_code, document["assigned_role"]) == (200, "N-PE")
    assert (document["assigned_loopback"], document["assigned_by"]) == ("10.0.0.1", "erin")
    change = RoleChange.objects.get()
    assert (change.kind, change.role_before, change.role_after) == ("assigned", "P", "N-PE")
    assert change.actor == "erin"


def test_the_token_is_named_in_the_history(editor: User, device: Device) -> None:
    post(client_with(make_token(editor, "roles", name="ci")), f"{device.pk}/assign")

    assert Device.objects.get().assigned_by == "erin via token ci"
    assert RoleChange.objects.get().actor == "erin via token ci"


@pytest.mark.parametrize(
    ("values", "action", "code"),
    [
        ({"recommended_role": ""}, "assign", "no-recommendation"),
        ({"recommended_role": "UNKNOWN"}, "assign", "no-recommendation"),
        ({"assigned_role": "P"}, "assign", "role-assigned"),
        ({}, "unassign", "no-role"),
        ({}, "follow", "no-role"),
        ({"assigned_role": "N-PE"}, "follow", "no-drift"),
        ({"assigned_role": "P", "recommended_role": "UNKNOWN"}, "follow", "no-recommendation"),
    ],
)
def test_what_roles_do_not_allow_is_a_conflict(
    api: APIClient, values: dict[str, str], action: str, code: str
) -> None:
    device = make_device("pe1", **{"recommended_role": "N-PE"} | values)

    response = post(api, f"{device.pk}/{action}")

    assert (response.status_code, response.json()["code"]) == (409, code)
    assert not RoleChange.objects.exists()


@pytest.mark.parametrize("action", ["unassign", "follow"])
def test_a_role_in_use_is_not_taken_back(api: APIClient, settings: Any, action: str) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"ROLE_DEPENDENCIES": f"{__name__}.used_by"}
    device = make_evaluated_device("pe1", assigned_role="P")

    response = post(api, f"{device.pk}/{action}")

    assert (response.status_code, response.json()["code"]) == (409, "role-in-use")
    assert "service 12" in response.json()["detail"]


@pytest.mark.parametrize("action", ["assign", "mute", "unmute"])
def test_an_edit_of_what_one_has_not_seen_is_refused(
    api: APIClient, device: Device, action: str
) -> None:
    tag = api.get(f"{DEVICES}{device.pk}/")["ETag"]
    Device.objects.update(recommended_role="P")

    stale = post(api, f"{device.pk}/{action}", If_Match=tag)

    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert Device.objects.get().assigned_role == ""
    fresh = api.get(f"{DEVICES}{device.pk}/")["ETag"]
    assert post(api, f"{device.pk}/{action}", If_Match=fresh).status_code == 200


def test_a_job_that_recommends_another_role_at_this_moment_is_noticed(
    api: APIClient, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = api.get(f"{DEVICES}{device.pk}/")["ETag"]

    def lock_late(devices: QuerySet[Device]) -> list[Device]:
        Device.objects.update(recommended_role="P")
        return lock_devices(devices)

    monkeypatch.setattr("prestage_plugin.api.devices.actions.lock_devices", lock_late)

    assert post(api, f"{device.pk}/assign", If_Match=tag).status_code == 412
    assert Device.objects.get().assigned_role == ""


def test_a_repeated_request_with_a_key_gets_the_first_answer(
    api: APIClient, device: Device
) -> None:
    first = post(api, f"{device.pk}/assign", Idempotency_Key="k")
    again = post(api, f"{device.pk}/assign", Idempotency_Key="k")

    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert RoleChange.objects.count() == 1


def test_muting_twice_gives_the_same_answer(api: APIClient, device: Device) -> None:
    for action, muted in [("mute", True), ("mute", True), ("unmute", False), ("unmute", False)]:
        response = post(api, f"{device.pk}/{action}")
        assert (response.status_code, response.json()["events_muted"]) == (200, muted)


def test_a_logical_system_has_no_events_and_no_job(api: APIClient, device: Device) -> None:
    system = make_device("pe1:LS1", parent=device)

    for action in ("mute", "unmute", "prestage"):
        response = post(api, f"{system.pk}/{action}")
        assert (response.status_code, response.json()["code"]) == (409, "logical-system")


def test_a_device_is_prestaged_now(api: APIClient, device: Device) -> None:
    make_device("pe2")

    response = post(api, f"{device.pk}/prestage", {"job_type": "discover-only", "dry_run": True})

    assert response.status_code == 202
    job = Job.objects.get()
    assert response["Location"].endswith(f"/jobs/{job.pk}/")
    assert response["Retry-After"]
    assert job.scope == {"kind": "devices", "devices": ["pe1"]}
    assert (job.job_type, job.dry_run, job.username) == ("discover-only", True, "erin")
    assert [row.device_name for row in job.devices.all()] == ["pe1"]


def test_prestaging_needs_no_body_and_is_done_once_for_a_key(
    api: APIClient, device: Device
) -> None:
    answers = [post(api, f"{device.pk}/prestage", Idempotency_Key="k") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert Job.objects.get().job_type == "manual"


def test_what_cannot_be_prestaged_is_refused(api: APIClient) -> None:
    gone = make_device("gone", in_inventory=False)

    response = post(api, f"{gone.pk}/prestage")

    assert (response.status_code, response.json()["code"]) == (409, "not-in-inventory")
    bodies: list[Any] = [{"job_type": "auto"}, {"dry_run": "yes"}, {"scope": {}}, []]
    for body in bodies:
        assert post(api, f"{gone.pk}/prestage", body).status_code == 400
    assert not Job.objects.exists()


@pytest.mark.parametrize("action", ["assign", "follow", "unassign", "mute", "unmute"])
def test_several_devices_are_done_each_for_itself(api: APIClient, action: str) -> None:
    assigned = {"assigned_role": "P"}
    ready = {"assign": {}, "follow": assigned, "unassign": assigned, "mute": {}}
    values: Any = ready.get(action, {"events_muted": True})
    fleet = [make_evaluated_device(f"pe{number}", **values) for number in range(2)]
    post(api, f"{fleet[0].pk}/{action}")

    response = post(api, action, {"ids": [fleet[1].pk, 10**9, fleet[0].pk, fleet[1].pk]})

    assert response.status_code == 200
    document = response.json()
    assert (document["done"], document["skipped"]) == (1, 2)
    skipped = {
        "assign": "role-assigned",
        "follow": "no-drift",
        "unassign": "no-role",
        "mute": "already-muted",
        "unmute": "not-muted",
    }
    told = [(each["name"], each["outcome"], each["code"]) for each in document["results"]]
    assert told == [
        ("pe1", "done", None),
        (None, "skipped", "not-found"),
        ("pe0", "skipped", skipped[action]),
    ]


@pytest.mark.parametrize("action", ["assign", "follow", "unassign", "mute", "unmute"])
@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": ["1"]}, {"ids": [0]}, {"ids": [2**63]}, {"ids": [1], "all": True}],
)
def test_which_devices_must_be_said(api: APIClient, action: str, body: Any) -> None:
    assert post(api, action, body).status_code == 400
    assert post(api, action, {"ids": list(range(1, 1002))}).status_code == 400


def test_queries_do_not_grow_with_the_devices(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    # devices; savepoints, lock, write, history
    for start, count in ((0, 1), (10, 10)):
        ids = [make_evaluated_device(f"r{start + number}").pk for number in range(count)]
        with django_assert_num_queries(KNOWN + 6):
            assert post(api, "assign", {"ids": ids}).json()["done"] == count


def exceptions(device: Device) -> str:
    return f"{device.pk}/exceptions"


def test_exceptions_are_set_listed_and_removed(api: APIClient, device: Device) -> None:
    body = {"kind": "exclude-interface", "value": " ge-0/0/1 ", "note": "Reserved."}
    made = post(api, exceptions(device), body)

    assert made.status_code == 201
    document = made.json()
    assert made["Location"] == document["links"]["self"]
    assert (document["kind_display"], document["value"]) == (
        "Exclude interface as UNI",
        "ge-0/0/1",
    )
    assert (document["author"], document["note"]) == ("erin", "Reserved.")
    assert api.get(f"{DEVICES}{exceptions(device)}/").json()["results"] == [document]
    assert api.get(made["Location"]).json() == document
    assert api.get(document["links"]["device"]).json()["has_exceptions"]
    assert api.delete(made["Location"]).status_code == 204
    assert api.delete(made["Location"]).status_code == 404
    assert not RoleException.objects.exists()


def test_an_exception_is_set_once_for_a_key(api: APIClient, device: Device) -> None:
    answers = [
        post(api, exceptions(device), {"kind": "exclude"}, Idempotency_Key="k") for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "exclude", "value": "x"}, 400, "bad-exception"),
        ({"kind": "loopback", "value": "fe80::1"}, 400, "bad-exception"),
        ({"kind": "loopback"}, 400, "bad-exception"),
        ({"kind": "include-interface"}, 400, "bad-exception"),
        ({"kind": "other"}, 400, "invalid-choice"),
        ({}, 400, "required"),
        ({"kind": "exclude", "note": "x" * 256}, 400, "max-length"),
        ({"kind": "include-interface", "value": "x" * 65}, 400, "max-length"),
        ({"kind": "exclude", "author": "bob"}, 400, "unknown-field"),
        ({"kind": "loopback", "value": "10.0.0.9"}, 409, "exception-exists"),
        ({"kind": "exclude-interface", "value": "ge-0/0/1"}, 409, "exception-exists"),
    ],
)
def test_an_exception_that_cannot_be_is_refused(
    api: APIClient, device: Device, body: Any, status: int, code: str
) -> None:
    RoleException.objects.create(device=device, kind="loopback", value="10.0.0.1")
    RoleException.objects.create(device=device, kind="exclude-interface", value="ge-0/0/1")

    response = post(api, exceptions(device), body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert RoleException.objects.count() == 2


def test_an_exception_is_removed_only_as_it_was_seen(api: APIClient, device: Device) -> None:
    row = RoleException.objects.create(device=device, kind="exclude")
    path = f"{DEVICES}{exceptions(device)}/{row.pk}/"
    tag = api.get(path)["ETag"]
    RoleException.objects.update(note="changed")

    assert api.delete(path, headers={"If-Match": tag}).status_code == 412
    assert api.delete(path, headers={"If-Match": api.get(path)["ETag"]}).status_code == 204


def test_an_exception_belongs_to_its_device(api: APIClient, device: Device) -> None:
    row = RoleException.objects.create(device=make_device("pe2"), kind="exclude")

    path = f"{DEVICES}{exceptions(device)}/{row.pk}/"

    assert (api.get(path).status_code, api.delete(path).status_code) == (404, 404)
    assert post(api, "999/exceptions", {"kind": "exclude"}).status_code == 404


def history() -> list[tuple[str, str, str]]:
    entries = LogEntry.objects.order_by("pk")
    return [(each.object_repr, each.user.get_username(), each.change_message) for each in entries]


def test_the_history_of_a_device_says_who_did_it_by_which_token(
    editor: User, api: APIClient, device: Device
) -> None:
    token = client_with(make_token(editor, "roles", name="ci"))
    other = make_device("pe2")
    post(token, f"{device.pk}/mute")
    post(token, f"{device.pk}/mute")
    post(token, "unmute", {"ids": [other.pk, device.pk]})
    made = post(api, exceptions(device), {"kind": "exclude-interface", "value": "ge-0/0/1"})
    api.delete(made["Location"])

    assert history() == [
        ("pe1", "erin", "Events muted. (API, token ci)"),
        ("pe1", "erin", "Events unmuted. (API, token ci)"),
        ("pe1", "erin", "Exception set: Exclude interface as UNI ge-0/0/1. (API)"),
        ("pe1", "erin", "Exception removed: Exclude interface as UNI ge-0/0/1. (API)"),
    ]


ACTIONS: list[tuple[str, str, set[str], str]] = [
    ("post", "{id}/assign/", {"view_device", "assign_role"}, "roles"),
    ("post", "{id}/follow/", {"view_device", "assign_role"}, "roles"),
    ("post", "{id}/unassign/", {"view_device", "assign_role"}, "roles"),
    ("post", "{id}/mute/", {"change_device"}, "roles"),
    ("post", "{id}/unmute/", {"change_device"}, "roles"),
    ("post", "{id}/prestage/", {"view_device", "run_job"}, "jobs"),
    ("post", "assign/", {"view_device", "assign_role"}, "roles"),
    ("post", "follow/", {"view_device", "assign_role"}, "roles"),
    ("post", "unassign/", {"view_device", "assign_role"}, "roles"),
    ("post", "mute/", {"change_device"}, "roles"),
    ("post", "unmute/", {"change_device"}, "roles"),
    ("get", "{id}/exceptions/", {"view_device", "view_roleexception"}, "read"),
    (
        "post",
        "{id}/exceptions/",
        {"change_device", "view_roleexception", "add_roleexception"},
        "roles",
    ),
    (
        "delete",
        "{id}/exceptions/{exception}/",
        {"change_device", "view_roleexception", "delete_roleexception"},
        "roles",
    ),
]


@pytest.mark.parametrize(("method", "path", "permissions", "scope"), ACTIONS)
def test_each_action_needs_its_permissions_and_its_scope(
    method: str, path: str, permissions: set[str], scope: str
) -> None:
    device = make_evaluated_device("pe1")
    row = RoleException.objects.create(device=device, kind="exclude")
    address = DEVICES + path.format(id=device.pk, exception=row.pk)

    def ask(client: APIClient) -> int:
        body: Any = None if method == "get" else {}
        status: int = getattr(client, method)(address, body, format="json").status_code
        return status

    everything = make_user("all", *EDITOR)
    for missing in permissions:
        others = {*EDITOR, "view_device"} - {missing}
        # Who may change devices may view them.
        others -= {"view_device", "change_device"} if missing == "view_device" else set()
        assert ask(client_of(make_user(f"without-{missing}", *others))) == 403, missing
    for other in {"read", "jobs", "roles", "events"} - {scope}:
        token = make_token(everything, other, name=other)
        assert ask(client_with(token)) == 403, other
    assert ask(client_of(None)) == 401
    assert ask(client_with(make_token(everything, scope))) not in {401, 403}
