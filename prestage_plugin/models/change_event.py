"""What was heard of a device: the inbox that the coalescer empties (prestaging spec, section 6)."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device
from prestage_plugin.models.device_change import DeviceChange
from prestage_plugin.models.job_device import JobDevice
from prestage_plugin.states import (
    ChangeSource,
    ChangeState,
    DeviceState,
    EventFate,
    EventState,
)

__all__ = ["ChangeEvent", "ChangeEventQuerySet"]

_FATE_BY_ROW: dict[str | None, EventFate] = {
    DeviceState.UNCHANGED: EventFate.UNCHANGED,
    DeviceState.FAILED: EventFate.FAILED,
    DeviceState.CANCELLED: EventFate.CANCELLED,
}


class ChangeEventQuerySet(models.QuerySet["ChangeEvent"]):
    """Vocabulary for events."""

    def new(self) -> "ChangeEventQuerySet":
        """Events that the coalescer has not seen yet."""
        return self.filter(state=EventState.NEW)

    def with_fates(self) -> "ChangeEventQuerySet":
        """Load what `ChangeEvent.fate` needs, in one query for any number of rows."""
        row = JobDevice.objects.filter(job=OuterRef("change__job"), device=OuterRef("device"))
        return self.select_related("device", "change").annotate(
            # Spelled so that mypy's plugin does not take it for a second declaration.
            **{"row_state": Subquery(row.values("state")[:1])}  # noqa: PIE804
        )

    def of_fates(self, fates: Iterable[EventFate]) -> "ChangeEventQuerySet":
        """Keep the events whose `fate` is one of these; of events read `with_fates`."""
        heard = ~Q(state=EventState.MUTED)
        pending = heard & Q(change__state=ChangeState.PENDING)
        answered = heard & Q(change__isnull=False) & ~Q(change__state=ChangeState.PENDING)
        # The states of rows that say nothing of the fate; null when the row is gone.
        told = Q(row_state__in=list(_FATE_BY_ROW))
        silent = answered & (~told | Q(row_state__isnull=True))
        there = Q(device__in_inventory=True)
        muted_now = Q(device__events_muted=True)
        conditions = {
            EventFate.RECEIVED: Q(state__in=EventState.inbox(), change__isnull=True),
            EventFate.MUTED: Q(state=EventState.MUTED) | (pending & there & muted_now),
            EventFate.PENDING: pending & there & ~muted_now,
            EventFate.NOT_IN_INVENTORY: pending & ~there,
            EventFate.STARTED: silent & ~Q(change__state=ChangeState.ABSORBED),
            EventFate.ABSORBED: silent & Q(change__state=ChangeState.ABSORBED),
        }
        conditions |= {word: answered & Q(row_state=state) for state, word in _FATE_BY_ROW.items()}
        return self.filter(reduce(or_, (conditions[fate] for fate in fates)))


class ChangeEvent(models.Model):
    """One event of a known device; accepting it is this one row and nothing else.

    `received_at` is the database's time, so that hosts whose clocks differ agree on whether a
    read began after the event. `sender`, `actor` and `detail` are for people.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="events")
    source = models.CharField(_("source"), max_length=16, choices=ChangeSource.choices)
    received_at = models.DateTimeField(_("received"), db_default=Now())
    sender = models.CharField(_("sender"), max_length=64, blank=True)
    actor = models.CharField(_("changed by"), max_length=64, blank=True)
    detail = models.CharField(_("detail"), max_length=120, blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=EventState.choices, default=EventState.NEW
    )
    # Goes with the job that answered it when that is purged.
    change = models.ForeignKey(
        DeviceChange, on_delete=models.CASCADE, null=True, blank=True, related_name="heard"
    )

    row_state: str | None
    """State of the device in the job that answered; see `with_fates`."""

    objects = ChangeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("change event")
        verbose_name_plural = _("change events")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="prestage_event_state_is_known", condition=Q(state__in=EventState.values)
            ),
            models.CheckConstraint(
                name="prestage_noted_event_has_its_change",
                condition=~Q(state=EventState.NOTED) | Q(change__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["device"],
                name="prestage_event_inbox",
                condition=Q(state__in=EventState.inbox()),
            ),
            models.Index(fields=["device", "-id"], name="prestage_event_device"),
            models.Index(fields=["received_at"], name="prestage_event_received"),
            # Few are muted, as a rule; those that jobs have answered are not in it.
            models.Index(
                fields=["-id"],
                name="prestage_event_muted",
                condition=Q(state=EventState.MUTED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id}: {self.get_source_display()}"

    @property
    def fate(self) -> EventFate:
        """What became of it; only of rows that were read `with_fates`."""
        if self.state == EventState.MUTED:
            return EventFate.MUTED
        if self.change is None:
            return EventFate.RECEIVED
        if self.change.state == ChangeState.PENDING:
            return self._why_pending()
        answered = _FATE_BY_ROW.get(self.row_state)
        if answered is not None:
            return answered
        absorbed = self.change.state == ChangeState.ABSORBED
        return EventFate.ABSORBED if absorbed else EventFate.STARTED

    def _why_pending(self) -> EventFate:
        if not self.device.in_inventory:
            return EventFate.NOT_IN_INVENTORY
        return EventFate.MUTED if self.device.events_muted else EventFate.PENDING
