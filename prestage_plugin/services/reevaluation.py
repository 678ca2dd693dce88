"""Judge stored facts again, as when a person's exceptions changed, without touching a device."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from nornir_tasks.evaluation import Evaluation, compact_document
from nornir_tasks.facts import DeviceFacts, facts_from_dict
from nornir_tasks.outcome import Discovery
from nornir_tasks.rules import RoleException as RuleException
from nornir_tasks.rules import evaluate, rules_key
from prestage_plugin.models import Device, RoleException
from prestage_plugin.services.device_locks import family_of, lock_devices
from prestage_plugin.services.recommendation import RecommendationBatch
from prestage_plugin.services.stored_devices import StoredDevice

__all__ = ["reevaluate"]

_Exceptions = Mapping[str, Sequence[RuleException]]


def reevaluate(*, device_id: int, actor: str) -> bool:
    """Judge a router and its logical systems again by the rules of their last evaluation.

    What a job would find that reads the same configuration: unconfirmed recommendations are
    overwritten, and an assigned role is never touched.

    Args:
        device_id: Primary key of the router or of one of its logical systems.
        actor: Login of who wants it.

    Returns:
        Whether that could be done. Without stored facts it cannot, nor for devices that have left
        the inventory: then the next job does it.
    """
    with transaction.atomic():
        devices = _family(device_id)
        if not devices or not all(device.in_inventory for device in devices):
            return False
        facts = [_facts(device) for device in devices]
        known = [each for each in facts if each is not None]
        if len(known) != len(devices):
            return False
        _judge(devices, known, actor)
    return True


def _judge(devices: Sequence[Device], facts: Sequence[DeviceFacts], actor: str) -> None:
    router = devices[0]
    rules = _rules(router)
    exceptions = _exceptions_of(devices)
    evaluations: list[Evaluation] = [
        evaluate(each, exceptions=exceptions.get(device.name, ()), **rules)
        for device, each in zip(devices, facts, strict=True)
    ]
    now = timezone.now()
    stored = {device.name: StoredDevice.of(device) for device in devices}
    batch = RecommendationBatch(job=None, actor=actor, devices=stored, now=now)
    found = Discovery(router.name, tuple(evaluations), tuple(facts), now, now)
    documents = [compact_document(each) for each in evaluations]
    key = rules_key(exceptions=exceptions, **rules)
    batch.apply(stored[router.name], found, documents, rules_key=key)
    batch.write()


def _family(device_id: int) -> list[Device]:
    """Return the router, then its logical systems that it still has; they are the caller's now."""
    family = family_of(device_id).filter(Q(parent=None) | Q(in_inventory=True))
    locked = lock_devices(family.select_related("evaluation"))
    return sorted(locked, key=lambda device: device.parent_id is not None)


def _facts(device: Device) -> DeviceFacts | None:
    try:
        return facts_from_dict(device.evaluation.facts)
    except (Device.evaluation.RelatedObjectDoesNotExist, KeyError):
        return None


def _rules(router: Device) -> dict[str, Any]:
    result = router.evaluation.result
    return {name: result[name] for name in ("profile", "capability_policy")}


def _exceptions_of(devices: Sequence[Device]) -> _Exceptions:
    found: dict[str, list[RuleException]] = {}
    rows = RoleException.objects.filter(device__in=devices)
    for name, kind, value in rows.values_list("device__name", "kind", "value"):
        found.setdefault(name, []).append(RuleException(kind=kind, value=value))
    return found
