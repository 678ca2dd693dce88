"""Write what discovery found about devices: recommendations, assignments, history (spec, 2).

A re-run overwrites every unconfirmed recommendation and never touches an assigned role; when the
two differ from then on, that is drift.
"""

from datetime import datetime

from nornir_tasks.evaluation import Evaluation, Role
from nornir_tasks.facts import DeviceFacts, facts_to_dict
from nornir_tasks.outcome import Discovery
from prestage_plugin.models import Device, DeviceEvaluation, Job, RoleChange
from prestage_plugin.services.columns import update_columns
from prestage_plugin.services.documents import digest, encode
from prestage_plugin.states import JobType, RoleChangeKind

__all__ = ["RecommendationBatch"]

_RECOMMENDED_COLUMNS = [
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
    "assigned_role",
    "assigned_loopback",
    "assigned_at",
    "assigned_by",
]


class RecommendationBatch:
    """Applies discoveries to devices and writes them in a handful of statements.

    Args:
        job: The job that found them; its type says whether roles are assigned. None when a person
            had stored facts judged again, which assigns nothing.
        devices: The devices by name, with the digest of their `evaluation` where there is one,
            their logical systems included.
        now: Time of the writing.
        actor: Login of who wanted it; that of the job when it is left out.
    """

    def __init__(
        self, *, job: Job | None, devices: dict[str, Device], now: datetime, actor: str = ""
    ) -> None:
        self._job = job
        self._actor = actor or (job.username if job is not None else "")
        self._devices = devices
        self._systems: dict[int, list[Device]] = {}
        for device in devices.values():
            if device.parent_id is not None:
                self._systems.setdefault(device.parent_id, []).append(device)
        self._now = now
        self._changed: list[Device] = []
        self._new: list[Device] = []
        self._evaluations: list[DeviceEvaluation] = []
        self._history: list[RoleChange] = []

    @property
    def dry_run(self) -> bool:
        """Whether nothing will be written."""
        return self._job is not None and self._job.dry_run

    def keep(self, device: Device) -> bool:
        """Let the evaluations of an unchanged device stand, and confirm them when the job assigns.

        Returns:
            Whether a role was assigned.
        """
        family = [device, *self._logical_systems(device)]
        confirmed = [self._confirm(each) for each in family]
        return True in confirmed

    def apply(self, device: Device, discovery: Discovery, *, rules_key: str) -> bool:
        """Take over the evaluations of a device and of its logical systems.

        Args:
            device: The device.
            discovery: What was found.
            rules_key: By which rules it was judged.

        Returns:
            Whether anything about them changed.
        """
        changed = False
        pairs = list(zip(discovery.evaluations, discovery.facts, strict=True))
        for evaluation, facts in pairs:
            row = (
                device if evaluation is discovery.main else self._logical_system(device, evaluation)
            )
            changed = self._apply_one(row, evaluation, facts, rules_key) or changed
        seen = {evaluation.device for evaluation, _facts in pairs}
        return self._retire(device, seen) or changed

    def write(self) -> None:
        """Write everything that was applied; the caller holds the transaction."""
        if self.dry_run:
            return
        Device.objects.bulk_create(self._new)
        update_columns(self._changed, _RECOMMENDED_COLUMNS)
        DeviceEvaluation.objects.bulk_create(
            self._evaluations,
            update_conflicts=True,
            unique_fields=["device"],
            update_fields=["result", "facts", "digest", "rules_key"],
        )
        RoleChange.objects.bulk_create(self._history)

    def _logical_system(self, router: Device, evaluation: Evaluation) -> Device:
        known = self._devices.get(evaluation.device)
        if known is None:
            known = Device(
                name=evaluation.device,
                parent=router,
                address=router.address,
                platform=router.platform,
                groups=router.groups,
            )
            self._devices[evaluation.device] = known
            self._systems.setdefault(router.pk, []).append(known)
            self._new.append(known)
        return known

    def _apply_one(
        self, device: Device, evaluation: Evaluation, facts: DeviceFacts, rules_key: str
    ) -> bool:
        result = encode(evaluation.as_dict())
        found = digest(result)
        stored, stored_key = _stored(device)
        assigned = self._assign(device, evaluation.role, evaluation.loopback)
        if (stored, stored_key) != (found, rules_key):
            self._evaluations.append(
                DeviceEvaluation(
                    device=device,
                    result=result,
                    facts=encode(facts_to_dict(facts)),
                    digest=found,
                    rules_key=rules_key,
                )
            )
        if stored == found and device.in_inventory and not assigned:
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
        device.recommended_role = evaluation.role
        device.reason = evaluation.reason
        device.loopback = evaluation.loopback
        device.capabilities = list(evaluation.capabilities)
        device.flags = list(evaluation.flags)
        device.warnings = list(evaluation.warnings)
        device.uni_count = evaluation.uni_count
        device.excluded_count = evaluation.excluded_count
        device.fingerprint = evaluation.fingerprint
        device.evaluated_at = self._now
        device.in_inventory = True
        if device.pk is not None:
            self._changed.append(device)
        return True

    def _confirm(self, device: Device) -> bool:
        assigned = self._assign(device, device.recommended_role, device.loopback)
        if assigned:
            self._changed.append(device)
        return assigned

    def _assign(self, device: Device, role: str, loopback: str | None) -> bool:
        """Confirm the recommendation when the job assigns and nothing is assigned yet."""
        confirms = self._job is not None and JobType(self._job.job_type).assigns
        if not confirms or device.assigned_role or role in {"", Role.UNKNOWN}:
            return False
        self._remember(device, RoleChangeKind.ASSIGNED, "", role, "Assigned by the job.")
        device.assigned_role = role
        device.assigned_loopback = loopback
        device.assigned_at = self._now
        device.assigned_by = self._actor
        return True

    def _note_drift(self, device: Device, evaluation: Evaluation) -> None:
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

    def _retire(self, router: Device, seen: set[str]) -> bool:
        """Mark logical systems that the configuration no longer has."""
        gone = [each for each in self._logical_systems(router) if each.name not in seen]
        for device in gone:
            device.in_inventory = False
            self._changed.append(device)
        return bool(gone)

    def _logical_systems(self, router: Device) -> list[Device]:
        return [each for each in self._systems.get(router.pk, ()) if each.in_inventory]

    def _remember(
        self, device: Device, kind: RoleChangeKind, before: str, after: str, reason: str
    ) -> None:
        self._history.append(
            RoleChange(
                device=device,
                at=self._now,
                kind=kind,
                role_before=before,
                role_after=after,
                actor=self._actor,
                job=self._job,
                reason=reason,
            )
        )


def _stored(device: Device) -> tuple[str, str]:
    """Return digest and key of the last evaluation; empty when there is none."""
    if device.pk is None:
        return "", ""
    try:
        return device.evaluation.digest, device.evaluation.rules_key
    except DeviceEvaluation.DoesNotExist:
        return "", ""
