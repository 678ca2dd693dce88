"""Exceptions that are changed beside the evidence count at once (prestaging spec, section 2)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from nornir_tasks.evaluation import compact_document
from nornir_tasks.facts import facts_to_dict
from nornir_tasks.platforms import get_platform
from nornir_tasks.rules import evaluate
from nornir_tasks.xml import parse_document
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, DeviceEvaluation, RoleChange
from prestage_plugin.services.exception_edit import (
    choose_loopback,
    judge_interfaces,
    set_excluded,
)
from prestage_plugin.services.knowledge import knowledge_of
from prestage_plugin.services.reevaluation import reevaluate
from prestage_plugin.services.roles import assign_roles
from tests.nornir_tasks.configurations import device as configuration_of
from tests.nornir_tasks.configurations import port
from tests.prestage_plugin.services.build import make_user, start
from tests.prestage_plugin.stored import L3

pytestmark = pytest.mark.django_db

LOOPBACKS = (
    "<interface><name>lo0</name><unit><name>0</name><family><inet>"
    "<address><name>192.0.2.1/32</name></address><address><name>192.0.2.2/32</name></address>"
    "</inet></family></unit></interface>"
)
SYSTEM = (
    "<logical-systems><name>LS</name><interfaces><interface><name>lo0</name><unit>"
    "<name>7</name><family><inet><address><name>192.0.2.7/32</name></address></inet></family>"
    f"</unit></interface></interfaces><protocols>{L3}</protocols></logical-systems>"
)


def store(*, rest: str = "") -> Device:
    """Make a router as a job leaves it, with two loopbacks and a free port."""
    text = configuration_of(
        loopback=LOOPBACKS, interfaces=port("ge-0/0/1"), protocols=L3, rest=rest
    )
    router: Device | None = None
    for facts in get_platform("junos").facts_from_document("pe1", parse_document(text.encode())):
        found = evaluate(facts)
        row = Device.objects.create(
            name=facts.device,
            platform="junos",
            parent=router,
            recommended_role=found.role,
            reason=found.reason,
            loopback=found.loopback,
            uni_count=found.uni_count,
            excluded_count=found.excluded_count,
            fingerprint="1",
        )
        router = router or row
        DeviceEvaluation.objects.create(
            device=row, result=compact_document(found), facts=facts_to_dict(facts)
        )
    assert router is not None
    return router


@pytest.fixture
def author() -> User:
    return make_user("edith")


@pytest.fixture
def pe1(author: User) -> Device:
    device = store()
    assert (device.recommended_role, device.loopback, device.uni_count) == ("N-PE", "192.0.2.1", 1)
    return device


def now(device: Device) -> tuple[str, str, str | None, int]:
    device.refresh_from_db()
    return device.recommended_role, device.reason, device.loopback, device.uni_count


def overrides(device: Device) -> set[tuple[str, str]]:
    return set(device.exceptions.values_list("kind", "value"))


def test_an_excluded_device_is_recommended_for_nothing_at_once(pe1: Device, author: User) -> None:
    edited = set_excluded(device_id=pe1.pk, excluded=True, note="spare", author=author)

    assert (edited.changed, edited.applied) == (("+ Exclude from N-PE",), True)
    assert now(pe1)[:2] == ("UNKNOWN", "excluded")
    exception = pe1.exceptions.get()
    assert (exception.note, exception.author) == ("spare", author)
    change = RoleChange.objects.get()
    assert (change.actor, change.job, change.role_after) == ("edith", None, "UNKNOWN")


def test_without_the_exclusion_the_rules_decide_again(pe1: Device, author: User) -> None:
    before = now(pe1)
    set_excluded(device_id=pe1.pk, excluded=True, note="", author=author)

    edited = set_excluded(device_id=pe1.pk, excluded=False, note="", author=author)

    assert edited.changed == ("- Exclude from N-PE",)
    assert now(pe1) == before
    assert not pe1.exceptions.exists()


def test_another_loopback_is_the_one_that_is_assigned(pe1: Device, author: User) -> None:
    choose_loopback(device_id=pe1.pk, address=" 192.0.2.2 ", note="", author=author)
    assign_roles(device_ids=[pe1.pk], actor="edith")

    pe1.refresh_from_db()
    assert (pe1.loopback, pe1.assigned_loopback) == ("192.0.2.2", "192.0.2.2")
    assert pe1.evaluation.result["loopback_alternatives"] == ["192.0.2.1"]


def test_a_loopback_replaces_the_one_before(pe1: Device, author: User) -> None:
    choose_loopback(device_id=pe1.pk, address="192.0.2.2", note="", author=author)

    edited = choose_loopback(device_id=pe1.pk, address="192.0.2.9", note="", author=author)

    assert edited.changed == ("- Another loopback 192.0.2.2", "+ Another loopback 192.0.2.9")
    assert overrides(pe1) == {("loopback", "192.0.2.9")}
    pe1.refresh_from_db()
    assert pe1.warnings == ["loopback-exception-not-configured"]


@pytest.mark.parametrize("address", ["nonsense", "2001:db8::1", "192.0.2.2/32"])
def test_an_address_that_is_none_is_refused(pe1: Device, author: User, address: str) -> None:
    with pytest.raises(Refused) as caught:
        choose_loopback(device_id=pe1.pk, address=address, note="", author=author)
    assert caught.value.code == "bad-exception"
    assert not pe1.exceptions.exists()


def judge(device: Device, names: list[str], as_uni: bool | None, author: User) -> tuple[str, ...]:
    return judge_interfaces(
        device_id=device.pk, names=names, as_uni=as_uni, note="", author=author
    ).changed


def test_interfaces_are_excluded_included_and_left_to_the_rules(pe1: Device, author: User) -> None:
    assert judge(pe1, ["ge-0/0/1"], False, author) == ("+ Exclude interface as UNI ge-0/0/1",)
    assert now(pe1)[3] == 0
    assert len(judge(pe1, ["ge-0/0/1", "lo0"], True, author)) == 3
    assert overrides(pe1) == {("include-interface", "ge-0/0/1"), ("include-interface", "lo0")}
    assert now(pe1)[3] == 2
    assert judge(pe1, ["lo0"], None, author) == ("- Include interface as UNI lo0",)
    assert now(pe1)[3] == 1


@pytest.mark.parametrize(
    ("names", "code"), [([], "no-interfaces"), (["ge-9/9/9"], "unknown-interface")]
)
def test_interfaces_that_it_has_not_are_refused(
    pe1: Device, author: User, names: list[str], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        judge(pe1, names, False, author)
    assert caught.value.code == code
    assert not pe1.exceptions.exists()


def test_what_is_so_already_changes_nothing(pe1: Device, author: User) -> None:
    set_excluded(device_id=pe1.pk, excluded=True, note="first", author=author)

    again = set_excluded(device_id=pe1.pk, excluded=True, note="second", author=author)

    assert again.changed == ()
    assert pe1.exceptions.get().note == "first"
    assert RoleChange.objects.count() == 1


def test_an_assigned_role_is_never_touched_and_drifts(pe1: Device, author: User) -> None:
    assign_roles(device_ids=[pe1.pk], actor="edith")

    set_excluded(device_id=pe1.pk, excluded=True, note="", author=author)

    pe1.refresh_from_db()
    assert (pe1.assigned_role, pe1.assigned_loopback, pe1.drift) == ("N-PE", "192.0.2.1", True)


def test_the_next_job_has_nothing_to_judge_again(pe1: Device, author: User) -> None:
    set_excluded(device_id=pe1.pk, excluded=True, note="", author=author)

    knowledge = knowledge_of(job=start(), names=["pe1"])

    assert knowledge.rules_keys["pe1"] == DeviceEvaluation.objects.get(device=pe1).rules_key
    assert knowledge.known["pe1"].facts is None


def test_a_logical_system_is_judged_with_its_router_and_has_its_own_exceptions(
    author: User,
) -> None:
    router = store(rest=SYSTEM)
    system = Device.objects.get(name="pe1:LS")

    set_excluded(device_id=system.pk, excluded=True, note="", author=author)

    assert now(router)[0] == "N-PE"
    assert now(system)[:2] == ("UNKNOWN", "excluded")
    assert system.in_inventory
    keys = DeviceEvaluation.objects.values_list("rules_key", flat=True)
    assert set(keys) == {knowledge_of(job=start(), names=["pe1"]).rules_keys["pe1"]}


@pytest.mark.parametrize("missing", ["facts", "evaluation", "inventory"])
def test_without_facts_or_device_the_next_job_applies_it(
    pe1: Device, author: User, missing: str
) -> None:
    if missing == "facts":
        DeviceEvaluation.objects.update(facts={})
    elif missing == "evaluation":
        DeviceEvaluation.objects.all().delete()
    else:
        Device.objects.update(in_inventory=False)

    edited = set_excluded(device_id=pe1.pk, excluded=True, note="", author=author)

    assert (bool(edited.changed), edited.applied) == (True, False)
    assert now(pe1)[0] == "N-PE"
    assert overrides(pe1) == {("exclude", "")}


def test_judging_what_is_gone_does_nothing() -> None:
    assert not reevaluate(device_id=0, actor="edith")


def test_a_change_is_a_fixed_number_of_statements(
    pe1: Device, author: User, django_assert_num_queries: Any
) -> None:
    for number in range(2):
        with django_assert_num_queries(12):
            set_excluded(device_id=pe1.pk, excluded=not number, note="", author=author)
