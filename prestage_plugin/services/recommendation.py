"""Write what discovery found about devices: recommendations, assignments, history (spec, 2).

A re-run overwrites every unconfirmed recommendation and never touches an assigned role; when the
two differ from then on, that is drift.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nornir_tasks.evaluation import Evaluation, Role
from nornir_tasks.facts import DeviceFacts, facts_to_dict
from nornir_tasks.outcome import Discovery
from prestage_plugin.models import Device, DeviceEvaluation, Job, RoleChange
from prestage_plugin.models.document import EncodedDocument
from prestage_plugin.sentences import marked
from prestage_plugin.services.columns import insert_rows, replace_rows, update_rows
from prestage_plugin.services.documents import digest, encode
from prestage_plugin.services.stored_devices import StoredDevice
from prestage_plugin.states import JobType, RoleChangeKind

__all__ = ["RecommendationBatch"]

_RECOMMENDED = (
    "recommended_role",
    "reason",
    "loopback",
    "capabilities",
    "flags",
    "warnings",
    "uni_count",
    "excluded_count",
    "fingerprint",
    "evaluated_at",
    "in_inventory",
)
_ASSIGNED = ("assigned_role", "assigned_loopback", "assigned_at", "assigned_by")
_EVALUATION = ("device", "result", "facts", "digest", "rules_key")
_HISTORY = ("device", "at", "kind", "role_before", "role_after", "actor", "job", "reason")

_Written = tuple[StoredDevice, tuple[Any, ...]]
"""A device, whose key may not be known before the writing, and values of some columns."""


class RecommendationBatch:
    """Applies discoveries to devices and writes them in a handful of statements.

    Args:
        job: The job that found them; its type says whether roles are assigned. None when a person
            had stored facts judged again, which assigns nothing.
        devices: The devices by name, with the digest of their evaluation where there is one, their
            logical systems included.
        now: Time of the writing.
        actor: Login of who wanted it; that of the job when it is left out.
    """

    def __init__(
        self, *, job: Job | None, devices: dict[str, StoredDevice], now: datetime, actor: str = ""
    ) -> None:
        self._job = job
        self._assigns = job is not None and JobType(job.job_type).assigns
        self._actor = actor or (job.username if job is not None else "")
        self._devices = devices
        self._systems: dict[int, list[StoredDevice]] = {}
        for device in devices.values():
            if device.parent_id is not None:
                self._systems.setdefault(device.parent_id, []).append(device)
        self._now = now
        self._new: list[StoredDevice] = []
        self._recommended: list[_Written] = []
        self._assigned: list[_Written] = []
        self._retired: list[_Written] = []
        self._evaluations: list[_Written] = []
        self._history: list[_Written] = []

    @property
    def dry_run(self) -> bool:
        """Whether nothing will be written."""
        return self._job is not None and self._job.dry_run

    def keep(self, device: StoredDevice) -> bool:
        """Let the evaluations of an unchanged device stand, and confirm them when the job assigns.

        Returns:
            Whether a role was assigned.
        """
        family = [device, *self._logical_systems(device)]
        confirmed = [self._assign(each, each.recommended_role, each.loopback) for each in family]
        return True in confirmed

    def apply(
        self,
        device: StoredDevice,
        discovery: Discovery,
        documents: Sequence[dict[str, Any]],
        *,
        rules_key: str,
    ) -> bool:
        """Take over the evaluations of a device and of its logical systems.

        Args:
            device: The device.
            discovery: What was found.
            documents: Its evaluations as they are stored, see `compact_document`.
            rules_key: By which rules it was judged.

        Returns:
            Whether anything about them changed.
        """
        changed = False
        parts = zip(discovery.evaluations, documents, discovery.facts, strict=True)
        for evaluation, document, facts in parts:
            row = (
                device if evaluation is discovery.main else self._logical_system(device, evaluation)
            )
            result = encode(document)
            changed = self._apply_one(row, evaluation, result, facts, rules_key) or changed
        seen = {evaluation.device for evaluation in discovery.evaluations}
        return self._retire(device, seen) or changed

    def write(self) -> None:
        """Write everything that was applied; the caller holds the transaction."""
        if self.dry_run:
            return
        if self._new:
            _create(self._new)
        update_rows(Device, _RECOMMENDED, _with_keys_behind(self._recommended))
        update_rows(Device, _ASSIGNED, _with_keys_behind(self._assigned))
        update_rows(Device, ["in_inventory"], _with_keys_behind(self._retired))
        replace_rows(DeviceEvaluation, _EVALUATION, _with_keys(self._evaluations))
        insert_rows(RoleChange, _HISTORY, _with_keys(self._history))

    def _logical_system(self, router: StoredDevice, evaluation: Evaluation) -> StoredDevice:
        known = self._devices.get(evaluation.device)
        if known is None:
            known = StoredDevice(pk=0, name=evaluation.device, parent_id=router.pk)
            self._devices[evaluation.device] = known
            self._systems.setdefault(router.pk, []).append(known)
            self._new.append(known)
        return known

    def _apply_one(
        self,
        device: StoredDevice,
        evaluation: Evaluation,
        result: EncodedDocument,
        facts: DeviceFacts,
        rules_key: str,
    ) -> bool:
        found = digest(result)
        assigned = self._assign(device, evaluation.role, evaluation.loopback)
        if (device.digest, device.rules_key) != (found, rules_key):
            written = (result, encode(facts_to_dict(facts)), found, rules_key)
            self._evaluations.append((device, written))
        if device.digest == found and device.in_inventory and not assigned:
            return False
        if device.recommended_role != evaluation.role:
            self._remember(
                device,
                RoleChangeKind.RECOMMENDED,
                device.recommended_role,
                evaluation.role,
                evaluation.reason,
            )
            self._note_drift(device, evaluation)
        self._recommend(device, evaluation)
        return True

    def _recommend(self, device: StoredDevice, evaluation: Evaluation) -> None:
        device.recommended_role, device.in_inventory = evaluation.role, True
        values = (
            evaluation.role,
            evaluation.reason,
            evaluation.loopback,
            evaluation.capabilities,
            evaluation.flags,
            evaluation.warnings,
            evaluation.uni_count,
            evaluation.excluded_count,
            evaluation.fingerprint,
            self._now,
            True,
        )
        self._recommended.append((device, values))

    def _assign(self, device: StoredDevice, role: str, loopback: str | None) -> bool:
        """Confirm the recommendation when the job assigns and nothing is assigned yet."""
        if not self._assigns or device.assigned_role or role in {"", Role.UNKNOWN}:
            return False
        self._remember(device, RoleChangeKind.ASSIGNED, "", role, marked("Assigned by the job."))
        device.assigned_role = role
        self._assigned.append((device, (role, loopback, self._now, self._actor)))
        return True

    def _note_drift(self, device: StoredDevice, evaluation: Evaluation) -> None:
        """Remember that the configuration stopped to support the assigned role."""
        if device.assigned_role in {"", evaluation.role}:
            return
        self._remember(
            device,
            RoleChangeKind.DRIFTED,
            device.assigned_role,
            evaluation.role,
            evaluation.reason,
        )

    def _retire(self, router: StoredDevice, seen: set[str]) -> bool:
        """Mark logical systems that the configuration no longer has."""
        gone = [each for each in self._logical_systems(router) if each.name not in seen]
        for device in gone:
            device.in_inventory = False
            self._retired.append((device, (False,)))
        return bool(gone)

    def _logical_systems(self, router: StoredDevice) -> list[StoredDevice]:
        return [each for each in self._systems.get(router.pk, ()) if each.in_inventory]

    def _remember(
        self, device: StoredDevice, kind: RoleChangeKind, before: str, after: str, reason: str
    ) -> None:
        job_id = None if self._job is None else self._job.pk
        values = (self._now, kind, before, after, self._actor, job_id, reason)
        self._history.append((device, values))


def _create(devices: Sequence[StoredDevice]) -> None:
    """Insert logical systems, which are where their routers are, and note their keys."""
    routers = Device.objects.in_bulk({device.parent_id for device in devices})
    rows = [_row_of(device.name, routers[device.parent_id]) for device in devices]
    for device, row in zip(devices, Device.objects.bulk_create(rows), strict=True):
        device.pk = row.pk


def _row_of(name: str, router: Device) -> Device:
    return Device(
        name=name,
        parent=router,
        address=router.address,
        platform=router.platform,
        groups=router.groups,
    )


def _with_keys(written: Sequence[_Written]) -> list[tuple[Any, ...]]:
    return [(device.pk, *values) for device, values in written]


def _with_keys_behind(written: Sequence[_Written]) -> list[tuple[Any, ...]]:
    return [(*values, device.pk) for device, values in written]
