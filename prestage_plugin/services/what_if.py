"""What other rules would recommend: computed from stored facts, without touching a device.

Nothing is written. Devices are read some at a time and handed on one by one, so that memory does
not grow with their number.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from nornir_tasks.errors import PrestageError
from nornir_tasks.evaluation import Evaluation
from nornir_tasks.facts import DeviceFacts, facts_from_dict
from nornir_tasks.rules import RoleException as RuleException
from nornir_tasks.rules import evaluate
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, DeviceEvaluation, RoleException
from prestage_plugin.services.rule_choice import RuleChoice

__all__ = [
    "Prospect",
    "ProspectPage",
    "Shown",
    "Standing",
    "Tally",
    "examinable",
    "take_page",
    "what_if",
]

_CHUNK = 100
"""Devices that are held at a time; their facts are some ten kilobytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What rules say of a device, in short.

    Attributes:
        role: Recommended role.
        reason: Machine code of the decision.
        loopback: The address that identifies the device.
        capabilities: Services that it is ready for.
        flags: E.g. `asbr`.
        uni_count: Interfaces that can be UNI.
        excluded_count: The other interfaces.
    """

    role: str
    reason: str
    loopback: str | None
    capabilities: tuple[str, ...]
    flags: tuple[str, ...]
    uni_count: int
    excluded_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What would become of one device.

    Attributes:
        device: The device or logical system, with its router.
        now: What is recommended; None when it was never evaluated.
        then: What would be; None when that cannot be said.
        problem: Why it cannot: `not-evaluated`, or `bad-exception`.
    """

    device: Device
    now: Standing | None
    then: Standing | None
    problem: Refused | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """Names of what would be another."""
        now, then = self.now, self.then
        if now is None or then is None:
            return ()
        names = (each.name for each in fields(Standing))
        return tuple(name for name in names if getattr(now, name) != getattr(then, name))

    @property
    def changes_role(self) -> bool:
        """Whether the role would be another."""
        return "role" in self.changes

    @property
    def would_drift(self) -> bool:
        """Whether the assigned role, which stays as it is, would not be supported."""
        assigned = self.device.assigned_role
        return bool(assigned) and self.then is not None and self.then.role != assigned


class Shown(StrEnum):
    """Which prospects are asked for."""

    ROLE = "role"
    """Those whose role would be another."""
    ANY = "any"
    """Those of which anything would be another."""
    ALL = "all"

    def fits(self, prospect: Prospect) -> bool:
        """Whether a prospect is one of them."""
        if self is Shown.ALL:
            return True
        return prospect.changes_role if self is Shown.ROLE else bool(prospect.changes)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts prospects as they go by.

    Attributes:
        examined: Devices that were looked at.
        unknown: Of these, where nothing can be said.
        changed: Of these, where anything would be another.
        drifting: Of these, whose assigned role would not be supported.
        roles: Devices whose role would be another, by role now and then.
        changes: Devices by what would be another, see `Prospect.changes`.
    """

    examined: int = 0
    unknown: int = 0
    changed: int = 0
    drifting: int = 0
    roles: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)

    def add(self, prospect: Prospect) -> None:
        """Count one device."""
        self.examined += 1
        self.unknown += prospect.then is None
        self.changed += bool(prospect.changes)
        self.drifting += prospect.would_drift
        self.changes.update(prospect.changes)
        if prospect.now is not None and prospect.then is not None and prospect.changes_role:
            self.roles[prospect.now.role, prospect.then.role] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectPage:
    """Some prospects, and where to go on.

    Attributes:
        prospects: Those that were asked for.
        tally: Of all that were looked at, asked for or not.
        last: Name of the last device that was looked at; empty when it was the last of all.
    """

    prospects: list[Prospect]
    tally: Tally
    last: str


def take_page(prospects: Iterator[Prospect], *, shown: Shown, size: int, most: int) -> ProspectPage:
    """Return the next prospects, in a time that depends on neither the fleet nor what fits.

    Args:
        prospects: In the order of their names.
        shown: Which of them.
        size: How many of them at most.
        most: How many devices are looked at, at most.
    """
    tally = Tally()
    found: list[Prospect] = []
    last = ""
    for prospect in prospects:
        if tally.examined == most or len(found) == size:
            break
        last = prospect.device.name
        tally.add(prospect)
        if shown.fits(prospect):
            found.append(prospect)
    else:
        last = ""
    return ProspectPage(prospects=found, tally=tally, last=last)


def examinable(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Return those of the devices that are asked about: what has left the inventory is not."""
    return devices.filter(in_inventory=True).exclude(parent__in_inventory=False)


def what_if(*, rules: RuleChoice, devices: QuerySet[Device], after: str = "") -> Iterator[Prospect]:
    """Yield what would become of devices that are in the inventory, in the order of their names.

    People's exceptions are applied as they are now.

    Args:
        rules: The other rules.
        devices: Which devices; in any order.
        after: Only those whose names come after this one.
    """
    there = examinable(devices).select_related("parent")
    # Chunk by chunk rather than by one cursor, which would keep a transaction open meanwhile.
    more = True
    while more:
        chunk = list(there.filter(name__gt=after).order_by("name")[:_CHUNK])
        more = len(chunk) == _CHUNK
        ids = [device.pk for device in chunk]
        facts, exceptions = _facts_of(ids), _exceptions_of(ids)
        for device in chunk:
            stored = _facts(facts.pop(device.pk, {}))
            yield _judge(device, stored, rules, exceptions.get(device.pk, ()))
            after = device.name


def _facts_of(device_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    # Not as rows of the devices': both would refer to each other, and stay until they are found.
    rows = DeviceEvaluation.objects.filter(device__in=device_ids)
    return dict(rows.values_list("device_id", "facts"))


def _exceptions_of(device_ids: Sequence[int]) -> Mapping[int, Sequence[RuleException]]:
    found: dict[int, list[RuleException]] = {}
    rows = RoleException.objects.filter(device__in=device_ids)
    for device_id, kind, value in rows.values_list("device_id", "kind", "value"):
        found.setdefault(device_id, []).append(RuleException(kind=kind, value=value))
    return found


def _judge(
    device: Device,
    facts: DeviceFacts | None,
    rules: RuleChoice,
    exceptions: Sequence[RuleException],
) -> Prospect:
    now = _standing_now(device)
    if facts is None or now is None:
        text = f"{device.name} was never evaluated; prestage it first."
        return Prospect(device=device, now=now, then=None, problem=Refused("not-evaluated", text))
    try:
        evaluation = evaluate(
            facts,
            profile=rules.profile,
            capability_policy=rules.capability_policy,
            exceptions=exceptions,
        )
    except PrestageError as error:
        problem = Refused("bad-exception", error.text)
        return Prospect(device=device, now=now, then=None, problem=problem)
    return Prospect(device=device, now=now, then=_standing_then(evaluation))


def _facts(stored: Mapping[str, Any]) -> DeviceFacts | None:
    try:
        return facts_from_dict(stored)
    except KeyError:
        return None


def _standing_now(device: Device) -> Standing | None:
    if not device.recommended_role:
        return None
    return Standing(
        role=device.recommended_role,
        reason=device.reason,
        loopback=device.loopback,
        capabilities=tuple(device.capabilities),
        flags=tuple(device.flags),
        uni_count=device.uni_count,
        excluded_count=device.excluded_count,
    )


def _standing_then(evaluation: Evaluation) -> Standing:
    return Standing(
        role=str(evaluation.role),
        reason=evaluation.reason,
        loopback=evaluation.loopback,
        capabilities=evaluation.capabilities,
        flags=evaluation.flags,
        uni_count=evaluation.uni_count,
        excluded_count=evaluation.excluded_count,
    )
