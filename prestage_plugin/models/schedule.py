"""A series of jobs (jobs spec, section 3)."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.job import SYSTEM_USER, Job
from prestage_plugin.states import JobType, ScheduleState

__all__ = ["Schedule", "ScheduleQuerySet"]


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    """Vocabulary for lists of schedules."""

    def active(self) -> "ScheduleQuerySet":
        """Schedules that will run again."""
        return self.filter(state=ScheduleState.ACTIVE)

    def visible_to(self, user: User | AnonymousUser) -> "ScheduleQuerySet":
        """The user's own schedules, or all with `view_all_jobs`, as it is with jobs."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm("prestage.view_all_jobs"):
            return self
        return self.filter(user=user)

    def without_next(self) -> "ScheduleQuerySet":
        """Active schedules of which no occurrence waits for its time."""
        waiting = Job.objects.waiting().filter(schedule=OuterRef("pk"))
        return self.active().exclude(Exists(waiting))


class Schedule(models.Model):
    """A recurrence, and the request that each of its occurrences repeats.

    Nothing but `prestage_plugin.services` changes a row. `next_at` is the scheduled start of the
    newest occurrence: who plans the one after it wins by changing it. A paused one has none.
    """

    name = models.CharField(_("name"), max_length=200)
    recurrence = models.JSONField(_("recurrence"))
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=ScheduleState.choices,
        default=ScheduleState.ACTIVE,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    username = models.CharField(_("user"), max_length=150, default=SYSTEM_USER)
    job_type = models.CharField(_("job type"), max_length=16, choices=JobType.choices)
    scope = models.JSONField(_("scope"), default=dict)
    dry_run = models.BooleanField(_("dry run"), default=False)
    read_all = models.BooleanField(
        _("read everything"),
        default=False,
        help_text=_("Transfer also the configurations that have not changed."),
    )
    profile = models.CharField(_("profile"), max_length=32)
    capability_policy = models.CharField(_("capability policy"), max_length=8)
    failure_threshold = models.PositiveSmallIntegerField(_("failure threshold"), default=0)
    created_at = models.DateTimeField(_("created"))
    next_at = models.DateTimeField(_("next scheduled start"), null=True, blank=True)
    occurrences = models.PositiveIntegerField(
        _("occurrences"), default=0, help_text=_("Number of jobs that were made so far.")
    )

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="prestage_schedule_state_is_known",
                condition=Q(state__in=ScheduleState.values),
            ),
            models.CheckConstraint(
                name="prestage_schedule_next_while_active",
                condition=Q(state=ScheduleState.ACTIVE, next_at__isnull=False)
                | Q(~Q(state=ScheduleState.ACTIVE), next_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="prestage_schedule_user"),
        ]

    def __str__(self) -> str:
        return self.name
