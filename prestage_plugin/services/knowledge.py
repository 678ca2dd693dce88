"""What is known about devices before they are read: by whom to judge, and what need not be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import orjson
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from nornir_tasks.facts import DeviceFacts, facts_from_dict
from nornir_tasks.knowledge import Known
from nornir_tasks.rules import RoleException as RuleException
from nornir_tasks.rules import rules_key
from prestage_plugin.models import DeviceEvaluation, Job, RoleException

__all__ = ["Knowledge", "knowledge_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """About some devices of a job.

    Attributes:
        exceptions: People's overrides by name, logical systems included.
        rules_keys: By which rules each device is judged now.
        known: Devices that need not be read again when their configuration is still the same.
    """

    exceptions: Mapping[str, Sequence[RuleException]]
    rules_keys: Mapping[str, str]
    known: Mapping[str, Known]


def knowledge_of(*, job: Job, names: Sequence[str]) -> Knowledge:
    """Read what is known about devices.

    Args:
        job: Whose profile and policy judge; one that reads everything knows no device.
        names: Names of the devices, without logical systems.
    """
    exceptions = _exceptions_of(names)
    keys = {name: _key(job, name, exceptions) for name in names}
    known = {} if job.read_all else _known(keys)
    return Knowledge(exceptions=exceptions, rules_keys=keys, known=known)


def _exceptions_of(names: Sequence[str]) -> dict[str, list[RuleException]]:
    """Return people's overrides for the devices and their logical systems, by name."""
    found: dict[str, list[RuleException]] = {}
    rows = RoleException.objects.filter(
        Q(device__name__in=names) | Q(device__parent__name__in=names)
    )
    for name, kind, value in rows.values_list("device__name", "kind", "value"):
        found.setdefault(name, []).append(RuleException(kind=kind, value=value))
    return found


def _key(job: Job, device: str, exceptions: Mapping[str, Sequence[RuleException]]) -> str:
    prefix = f"{device}:"
    return rules_key(
        profile=job.profile,
        capability_policy=job.capability_policy,
        exceptions={
            name: each
            for name, each in exceptions.items()
            if name == device or name.startswith(prefix)
        },
    )


def _known(keys: Mapping[str, str]) -> dict[str, Known]:
    rows = DeviceEvaluation.objects.filter(device__name__in=list(keys)).exclude(
        device__fingerprint=""
    )
    fingerprints: dict[str, str] = {}
    stale: list[str] = []
    for name, fingerprint, key in rows.values_list(
        "device__name", "device__fingerprint", "rules_key"
    ):
        fingerprints[name] = fingerprint
        if key != keys[name]:
            stale.append(name)
    known = {name: Known(fingerprint=each) for name, each in fingerprints.items()}
    facts = _facts_of(stale)
    return known | {
        name: Known(fingerprint=fingerprints[name], facts=partial(_read, facts[name]))
        for name in stale
    }


def _read(documents: Sequence[str]) -> tuple[DeviceFacts, ...]:
    return tuple(facts_from_dict(orjson.loads(document)) for document in documents)


def _facts_of(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the stored facts of each device, then of its logical systems, as JSON.

    As objects they take several times the memory, and a shard has thousands of devices.
    """
    rows = DeviceEvaluation.objects.filter(
        Q(device__name__in=names) | Q(device__parent__name__in=names, device__in_inventory=True)
    ).order_by("device__parent_id", "device_id")
    # Routers first, whatever a database thinks of NULL.
    values = sorted(
        rows.values_list("device__parent__name", "device__name", Cast("facts", TextField())),
        key=lambda row: row[0] is not None,
    )
    found: dict[str, list[str]] = {}
    for router, name, facts in values:
        found.setdefault(router or name, []).append(facts)
    return found
