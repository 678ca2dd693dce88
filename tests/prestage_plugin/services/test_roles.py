"""Confirming recommendations, and taking roles back (prestaging spec, section 2, stage 3)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.utils import timezone

from nornir_tasks.evaluation import Role
from prestage_plugin.models import ChangeEvent, Device, RoleChange
from prestage_plugin.services import roles
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.roles import (
    assign_every,
    assign_roles,
    follow_configurations,
    unassign_roles,
)
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType
from tests.prestage_plugin.services.build import (
    discovery,
    evaluation,
    make_devices,
    run_job,
    start,
)
from tests.prestage_plugin.services.changes import AUTO, settle

pytestmark = pytest.mark.django_db

RECOMMENDED = {"recommended_role": "N-PE", "loopback": "10.0.0.1"}
ASSIGNED = RECOMMENDED | {
    "assigned_role": "N-PE",
    "assigned_loopback": "10.0.0.1",
    "assigned_by": "alice",
}


def make(name: str, **values: Any) -> Device:
    return Device.objects.create(name=name, platform="junos", **values)


def assign(*devices: Device) -> DeviceReport:
    return assign_roles(device_ids=[device.pk for device in devices], actor="alice")


def unassign(*devices: Device) -> DeviceReport:
    return unassign_roles(device_ids=[device.pk for device in devices], actor="bob")


def codes(report: DeviceReport) -> dict[str, tuple[str, bool]]:
    return {name: (why.code, why.conflict) for name, why in report.refused.items()}


def history() -> list[tuple[Any, ...]]:
    rows = RoleChange.objects.order_by("pk")
    return list(
        rows.values_list("device__name", "kind", "role_before", "role_after", "actor", "job")
    )


def test_a_recommendation_that_is_confirmed_is_the_assigned_role() -> None:
    device = make("pe1", **RECOMMENDED)
    before = timezone.now()
    assert assign(device) == DeviceReport(changed=("pe1",), refused={})
    device.refresh_from_db()
    assert (device.assigned_role, device.assigned_loopback) == ("N-PE", "10.0.0.1")
    assert device.assigned_by == "alice"
    assert device.assigned_at is not None
    assert before <= device.assigned_at <= timezone.now()
    assert history() == [("pe1", "assigned", "", "N-PE", "alice", None)]


def test_a_confirmed_device_leaves_the_recommendations_and_the_others_stay() -> None:
    one, two = make("pe1", **RECOMMENDED), make("p1", recommended_role="P")
    assign(one)
    assert list(Device.objects.recommendations()) == [two]
    assign(two)
    assert not Device.objects.recommendations().exists()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "no-recommendation"),
        ({"recommended_role": "UNKNOWN"}, "no-recommendation"),
        (ASSIGNED, "role-assigned"),
        (ASSIGNED | {"recommended_role": "P"}, "role-assigned"),
        (ASSIGNED | {"recommended_role": "UNKNOWN"}, "role-assigned"),
    ],
)
def test_what_cannot_be_confirmed_is_refused_with_a_code(values: dict[str, Any], code: str) -> None:
    device = make("pe1", **values)
    before = Device.objects.values().get()
    report = assign(device)
    assert (report.changed, codes(report)) == ((), {"pe1": (code, True)})
    assert "pe1" in report.refused["pe1"].text
    assert Device.objects.values().get() == before
    assert history() == []


def test_of_a_batch_those_are_assigned_that_can_be() -> None:
    good, unknown = make("pe1", **RECOMMENDED), make("pe2", recommended_role="UNKNOWN")
    done, core = make("pe3", **ASSIGNED), make("p1", recommended_role="P")
    report = assign(core, done, good, unknown)
    assert report.changed == ("pe1", "p1")
    assert codes(report) == {
        "pe2": ("no-recommendation", True),
        "pe3": ("role-assigned", True),
    }
    assert [row[0] for row in history()] == ["pe1", "p1"]


def test_twice_in_one_batch_is_once_and_who_is_gone_is_left_out() -> None:
    device, gone = make("pe1", **RECOMMENDED), make("pe2", **RECOMMENDED)
    gone_id = gone.pk
    gone.delete()
    report = assign_roles(device_ids=[device.pk, device.pk, gone_id], actor="alice")
    assert report == DeviceReport(changed=("pe1",), refused={})
    assert len(history()) == 1


def test_a_logical_system_is_confirmed_for_itself() -> None:
    router = make("pe1", **RECOMMENDED)
    logical_system = make("pe1:LS1", parent=router, recommended_role="P", loopback="10.0.0.2")
    assert assign(logical_system).changed == ("pe1:LS1",)
    router.refresh_from_db()
    logical_system.refresh_from_db()
    assert router.assigned_role == ""
    assert (logical_system.assigned_role, logical_system.assigned_loopback) == ("P", "10.0.0.2")


def test_what_was_confirmed_is_not_touched_by_the_next_run() -> None:
    make_devices("pe1")
    run_job(start(JobRequest(job_type=JobType.DISCOVER_ONLY)), {})
    assign(Device.objects.get())
    run_job(start(), {"pe1": discovery(evaluation("pe1", Role.P, fingerprint="2"))})
    device = Device.objects.get()
    assert (device.assigned_role, device.assigned_by, device.drift) == ("N-PE", "alice", True)


def test_a_role_that_is_taken_back_makes_the_device_a_candidate_again() -> None:
    device = make("pe1", **ASSIGNED, assigned_at=timezone.now())
    assert unassign(device) == DeviceReport(changed=("pe1",), refused={})
    device.refresh_from_db()
    assert (device.assigned_role, device.assigned_by) == ("", "")
    assert (device.assigned_loopback, device.assigned_at) == (None, None)
    assert (device.recommended_role, device.loopback) == ("N-PE", "10.0.0.1")
    assert list(Device.objects.recommendations()) == [device]
    assert history() == [("pe1", "unassigned", "N-PE", "", "bob", None)]
    assert assign(device).changed == ("pe1",)


def test_a_device_without_a_role_is_refused() -> None:
    report = unassign(make("pe1", **RECOMMENDED))
    assert (report.changed, codes(report)) == ((), {"pe1": ("no-role", True)})
    assert history() == []
    assert not ChangeEvent.objects.exists()


def test_a_device_whose_role_was_taken_back_is_read_anew(settings: Any) -> None:
    settings.PRESTAGE = AUTO
    one, _other = make("pe1", **ASSIGNED), make("pe2", **ASSIGNED)
    unassign(one)
    event = ChangeEvent.objects.get()
    assert (event.device, event.source, event.detail) == (one, "platform", "un-assigned")
    job = settle()
    assert job is not None
    assert [row.device_name for row in job.devices.all()] == ["pe1"]


def test_of_logical_systems_the_router_is_read_anew_once() -> None:
    router = make("pe1", **ASSIGNED)
    systems = [make(f"pe1:LS{number}", parent=router, **ASSIGNED) for number in (1, 2)]
    report = unassign(*systems)
    assert report.changed == ("pe1:LS1", "pe1:LS2")
    assert ChangeEvent.objects.get().device == router
    router.refresh_from_db()
    assert router.assigned_role == "N-PE"
    unassign(router)
    assert ChangeEvent.objects.filter(device=router).count() == 2


def test_a_router_and_its_logical_system_are_one_read(settings: Any) -> None:
    router = make("pe1", **ASSIGNED)
    unassign(router, make("pe1:LS1", parent=router, **ASSIGNED))
    assert ChangeEvent.objects.count() == 1


SERVICES: dict[str, list[str]] = {}
ASKED: list[list[str]] = []


def services_of(names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """What a site names in `ROLE_DEPENDENCIES`."""
    ASKED.append(list(names))
    return SERVICES


@pytest.fixture
def services(settings: Any) -> dict[str, list[str]]:
    """What uses roles, by the name of the device."""
    settings.PRESTAGE = {"ROLE_DEPENDENCIES": f"{__name__}.services_of"}
    SERVICES.clear()
    ASKED.clear()
    return SERVICES


def test_a_role_that_something_uses_cannot_be_taken_back(services: dict[str, list[str]]) -> None:
    device = make("pe1", **ASSIGNED)
    services["pe1"] = ["L3VPN blue", "E-Line 7"]
    report = unassign(device)
    assert (report.changed, codes(report)) == ((), {"pe1": ("role-in-use", True)})
    assert report.refused["pe1"].text == (
        "The role of pe1 cannot be taken back: it is used by L3VPN blue, E-Line 7."
    )
    device.refresh_from_db()
    assert device.assigned_role == "N-PE"
    assert history() == []
    assert not ChangeEvent.objects.exists()


@pytest.mark.parametrize(
    ("count", "named"), [(3, "a1, a2, a3."), (4, "a1, a2, a3 and 1 more."), (1, "a1.")]
)
def test_of_many_users_the_first_are_named_and_the_rest_is_counted(
    services: dict[str, list[str]], count: int, named: str
) -> None:
    services["pe1"] = [f"a{number}" for number in range(1, count + 1)]
    refusal = unassign(make("pe1", **ASSIGNED)).refused["pe1"]
    assert refusal.text.endswith(f"it is used by {named}")


def test_of_a_batch_those_are_taken_back_that_nothing_uses(services: dict[str, list[str]]) -> None:
    devices = [make(f"pe{number}", **ASSIGNED) for number in (1, 2, 3)]
    none = make("pe4", **RECOMMENDED)
    services |= {"pe1": [], "pe2": ["L3VPN blue"], "pe4": ["nonsense"], "pe9": ["not asked for"]}
    report = unassign(*devices, none)
    assert report.changed == ("pe1", "pe3")
    assert codes(report) == {"pe2": ("role-in-use", True), "pe4": ("no-role", True)}
    assert ASKED == [["pe1", "pe2", "pe3"]]
    assert [row[0] for row in history()] == ["pe1", "pe3"]
    assert set(ChangeEvent.objects.values_list("device__name", flat=True)) == {"pe1", "pe3"}


def test_what_uses_a_role_matters_not_for_confirming_one(services: dict[str, list[str]]) -> None:
    services["pe1"] = ["L3VPN blue"]
    assert assign(make("pe1", **RECOMMENDED)).changed == ("pe1",)
    assert ASKED == []


def test_nobody_is_asked_about_nothing(services: dict[str, list[str]]) -> None:
    unassign(make("pe1", **RECOMMENDED))
    assert ASKED == []


def broken(_names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    raise RuntimeError


def test_a_site_that_cannot_answer_has_nothing_taken_back(settings: Any) -> None:
    settings.PRESTAGE = {"ROLE_DEPENDENCIES": f"{__name__}.broken"}
    device = make("pe1", **ASSIGNED)
    with pytest.raises(RuntimeError):
        unassign(device)
    device.refresh_from_db()
    assert device.assigned_role == "N-PE"
    assert history() == []


def test_a_thousand_devices_are_a_few_statements(django_assert_max_num_queries: Any) -> None:
    Device.objects.bulk_create(Device(name=f"pe{number}", **RECOMMENDED) for number in range(1000))
    ids = list(Device.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(40):
        assert len(assign_roles(device_ids=ids, actor="alice").changed) == 1000
    with django_assert_max_num_queries(40):
        assert len(unassign_roles(device_ids=ids, actor="alice").changed) == 1000


def follow(*devices: Device) -> DeviceReport:
    return follow_configurations(device_ids=[device.pk for device in devices], actor="alice")


def test_what_the_configuration_says_now_is_assigned_instead(
    services: dict[str, list[str]],
) -> None:
    drifted = make("pe1", recommended_role="P", loopback="10.0.0.2", assigned_role="N-PE")
    moved = make(
        "pe2",
        recommended_role="N-PE",
        loopback="10.0.0.4",
        assigned_role="N-PE",
        assigned_loopback="10.0.0.3",
    )

    report = follow(drifted, moved)

    assert (report.changed, codes(report)) == (("pe1", "pe2"), {})
    for device in (drifted, moved):
        device.refresh_from_db()
    assert (drifted.assigned_role, drifted.assigned_loopback) == ("P", "10.0.0.2")
    assert (moved.assigned_role, moved.assigned_loopback) == ("N-PE", "10.0.0.4")
    found = RoleChange.objects.order_by("device__name").values_list("role_before", "role_after")
    assert list(found) == [("N-PE", "P"), ("N-PE", "N-PE")]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"recommended_role": "P"}, "no-role"),
        ({"recommended_role": "P", "assigned_role": "P"}, "no-drift"),
        ({"recommended_role": "", "assigned_role": "P"}, "no-drift"),
        ({"recommended_role": "UNKNOWN", "assigned_role": "P"}, "no-recommendation"),
    ],
)
def test_what_cannot_be_assigned_anew_is_refused(values: dict[str, str], code: str) -> None:
    device = make("pe1", **{"loopback": None} | values)

    assert codes(follow(device)) == {"pe1": (code, True)}
    device.refresh_from_db()
    assert device.assigned_role == values.get("assigned_role", "")


def test_a_role_in_use_is_not_replaced_and_its_loopback_is(services: dict[str, list[str]]) -> None:
    services |= {"pe1": ["E-Line 7"], "pe2": ["E-Line 7"]}
    drifted = make("pe1", recommended_role="P", assigned_role="N-PE")
    moved = make(
        "pe2", recommended_role="P", assigned_role="P", loopback="10.0.0.4", assigned_loopback=None
    )

    report = follow(drifted, moved)

    assert (report.changed, codes(report)) == (("pe2",), {"pe1": ("role-in-use", True)})


def test_every_recommendation_is_confirmed_some_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roles, "_BATCH", 2)
    for number in range(5):
        make(f"pe{number}", recommended_role="P")
    make("unknown", recommended_role="UNKNOWN")

    reports = list(assign_every(devices=Device.objects.all(), actor="alice"))

    assert [len(report.changed) for report in reports] == [2, 2, 1]
    assert Device.objects.filter(assigned_role="P", assigned_by="alice").count() == 5


def test_what_was_confirmed_before_the_caller_went_away_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roles, "_BATCH", 2)
    for number in range(5):
        make(f"pe{number}", recommended_role="P")

    next(assign_every(devices=Device.objects.all(), actor="alice"))
    assert Device.objects.filter(assigned_role="P").count() == 2
    list(assign_every(devices=Device.objects.all(), actor="alice"))
    assert RoleChange.objects.filter(kind="assigned").count() == 5
