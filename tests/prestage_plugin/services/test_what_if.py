import tracemalloc
from typing import Any

import pytest

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, DeviceEvaluation, RoleException
from prestage_plugin.services.rule_choice import RuleChoice, choose_rules
from prestage_plugin.services.what_if import Prospect, Tally, what_if
from tests.prestage_plugin.stored import BORDER, L3, store

pytestmark = pytest.mark.django_db
SAME = RuleChoice(profile="csd", capability_policy="any")
EXTENDED = RuleChoice(profile="extended", capability_policy="any")
STRICT = RuleChoice(profile="csd", capability_policy="all")


def ask(rules: RuleChoice, **values: Any) -> dict[str, Prospect]:
    found = what_if(rules=rules, devices=Device.objects.all(), **values)
    return {each.device.name: each for each in found}


def test_the_same_rules_change_nothing() -> None:
    store("pe1", L3)
    store("asbr1", BORDER)

    for prospect in ask(SAME).values():
        assert prospect.then == prospect.now
        assert (prospect.changes, prospect.changes_role) == ((), False)


def test_another_profile_says_from_what_to_what() -> None:
    store("asbr1", BORDER)
    store("pe1", L3)

    asbr, pe = ask(EXTENDED).values()

    assert asbr.now is not None
    assert asbr.then is not None
    assert (asbr.now.role, asbr.then.role) == ("P", "N-PE")
    assert asbr.then.flags == ("asbr",)
    assert set(asbr.changes) >= {"role", "reason", "flags"}
    assert pe.changes == ()


def test_another_policy_says_from_what_to_what() -> None:
    store("pe1", L3)

    [prospect] = ask(STRICT).values()

    assert prospect.then is not None
    assert prospect.changes == ("role", "reason")
    assert (prospect.then.role, prospect.then.reason) == ("UNKNOWN", "no-service-capability")


def test_an_assigned_role_stays_and_would_drift() -> None:
    store("asbr1", BORDER, assigned_role="P")
    store("pe1", L3, assigned_role="N-PE")

    drift = {name: each.would_drift for name, each in ask(EXTENDED).items()}

    assert drift == {"asbr1": True, "pe1": False}


def test_exceptions_count_as_they_are_now() -> None:
    device = store("pe1", L3)
    RoleException.objects.create(device=device, kind="loopback", value="192.0.2.9")
    RoleException.objects.create(device=device, kind="exclude-interface", value="ge-0/0/1")

    [prospect] = ask(SAME).values()

    assert prospect.then is not None
    assert prospect.then.loopback == "192.0.2.9"
    assert set(prospect.changes) == {"loopback", "uni_count", "excluded_count"}


def test_nothing_is_said_of_devices_without_facts() -> None:
    Device.objects.create(name="new")
    old = store("old", L3)
    DeviceEvaluation.objects.filter(device=old).update(facts={})
    odd = store("odd", L3)
    RoleException.objects.create(device=odd, kind="loopback", value="nonsense")

    found = ask(EXTENDED)

    codes = {name: each.problem and each.problem.code for name, each in found.items()}
    assert codes == {"new": "not-evaluated", "odd": "bad-exception", "old": "not-evaluated"}
    assert all(each.then is None and not each.changes for each in found.values())


def test_devices_that_are_not_there_are_left_out() -> None:
    gone = store("gone", L3, in_inventory=False)
    store("gone:LS1", L3, parent=gone)
    store("pe1:LS1", L3, parent=store("pe1", L3))
    store("pe1:LS2", L3, parent=Device.objects.get(name="pe1"), in_inventory=False)

    assert list(ask(EXTENDED)) == ["pe1", "pe1:LS1"]


def test_some_devices_can_be_chosen_and_a_place_to_go_on_from() -> None:
    for name in ("a", "b", "c", "d"):
        store(name, L3)

    some = what_if(rules=SAME, devices=Device.objects.exclude(name="c"), after="a")

    assert [each.device.name for each in some] == ["b", "d"]


def test_what_goes_by_is_counted() -> None:
    for name in ("asbr1", "asbr2"):
        store(name, BORDER)
    store("pe1", L3)
    Device.objects.create(name="new")
    tally = Tally()
    for prospect in ask(EXTENDED).values():
        tally.add(prospect)

    assert (tally.examined, tally.unknown) == (4, 1)
    assert dict(tally.roles) == {("P", "N-PE"): 2}


def test_nothing_is_written() -> None:
    store("asbr1", BORDER)
    before = list(Device.objects.values()), list(DeviceEvaluation.objects.values())

    ask(EXTENDED)

    assert before == (list(Device.objects.values()), list(DeviceEvaluation.objects.values()))


def copies(count: int) -> None:
    """Store the device `a0` again and again."""
    original = DeviceEvaluation.objects.get(device__name="a0")
    values = {
        name: getattr(original.device, name)
        for name in ("recommended_role", "reason", "loopback", "capabilities", "uni_count")
    }
    devices = Device.objects.bulk_create(
        Device(name=f"r{number:05}", **values) for number in range(count)
    )
    DeviceEvaluation.objects.bulk_create(
        DeviceEvaluation(device=each, result={}, facts=original.facts) for each in devices
    )


def test_statements_and_memory_do_not_grow_with_the_devices(
    django_assert_num_queries: Any,
) -> None:
    store("a0", BORDER)
    copies(499)
    peaks = []
    for devices in (Device.objects.filter(name__lt="r00199"), Device.objects.all()):
        tracemalloc.start()
        for _prospect in what_if(rules=EXTENDED, devices=devices):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # a chunk: its devices, their facts and exceptions; of the last there is nothing
    with django_assert_num_queries(3 * 5 + 1):
        assert len(ask(EXTENDED)) == 500
    assert peaks[1] < 1.5 * peaks[0]


def test_rules_that_do_not_exist_are_refused(settings: Any) -> None:
    assert choose_rules() == SAME
    settings.PRESTAGE = settings.PRESTAGE | {"PROFILE": "extended", "CAPABILITY_POLICY": "all"}
    assert choose_rules() == RuleChoice(profile="extended", capability_policy="all")
    for values, code in [
        ({"profile": "none"}, "unknown-profile"),
        ({"capability_policy": "some"}, "bad-policy"),
    ]:
        with pytest.raises(Refused) as refusal:
            choose_rules(**values)
        assert refusal.value.code == code
