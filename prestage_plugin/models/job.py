"""A prestage job (jobs spec, sections 1 and 2)."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from prestage_plugin.states import JobState, JobType

__all__ = ["SYSTEM_USER", "Job", "JobQuerySet"]

SYSTEM_USER = "system"
"""The user name of jobs that nobody started by hand."""


class JobQuerySet(models.QuerySet["Job"]):
    """Vocabulary for lists of jobs."""

    def active(self) -> "JobQuerySet":
        """Jobs that are not terminal."""
        return self.filter(state__in=JobState.active())

    def waiting(self) -> "JobQuerySet":
        """Jobs that wait for their time: scheduled, and their devices not fixed yet."""
        return self.filter(state=JobState.SCHEDULED, planned_at__isnull=True)

    def visible_to(self, user: User | AnonymousUser) -> "JobQuerySet":
        """The user's own jobs, or all with `view_all_jobs` (jobs spec, section 6)."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm("prestage.view_all_jobs"):
            return self
        return self.filter(user=user)


class Job(models.Model):
    """One run over a set of devices.

    Nothing but `prestage_plugin.services` changes a row. The counts are those of finished device
    rows by outcome; `planned_at` is when the devices were fixed.
    """

    name = models.CharField(_("name"), max_length=200)
    job_type = models.CharField(_("job type"), max_length=16, choices=JobType.choices)
    state = models.CharField(
        _("state"), max_length=16, choices=JobState.choices, default=JobState.SCHEDULED
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
    scope = models.JSONField(_("scope"), default=dict)
    dry_run = models.BooleanField(_("dry run"), default=False)
    read_all = models.BooleanField(
        _("read everything"),
        default=False,
        help_text=_("Transfer also the configurations that have not changed."),
    )
    profile = models.CharField(_("profile"), max_length=32)
    capability_policy = models.CharField(_("capability policy"), max_length=8)
    failure_threshold = models.PositiveSmallIntegerField(
        _("failure threshold"),
        default=0,
        help_text=_("Percentage of failed devices up to which the job is still a success."),
    )
    # Kept when the job is reassigned: an idempotency key is that of who sent it.
    submitted_by = models.CharField(max_length=150, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    request_hash = models.CharField(max_length=64, blank=True)
    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries"
    )
    schedule = models.ForeignKey(
        "Schedule",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("schedule"),
    )
    occurrence = models.PositiveIntegerField(
        _("occurrence"), null=True, blank=True, help_text=_("Number within the schedule, from 1.")
    )
    recurrence = models.JSONField(_("recurrence"), null=True, blank=True)

    created_at = models.DateTimeField(_("created"))
    scheduled_for = models.DateTimeField(_("scheduled start time"))
    planned_at = models.DateTimeField(_("devices fixed"), null=True, blank=True)
    started_at = models.DateTimeField(_("actual start time"), null=True, blank=True)
    ended_at = models.DateTimeField(_("end time"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("cancel requested"), null=True, blank=True)
    cancel_requested_by = models.CharField(max_length=150, blank=True)
    force_stop = models.BooleanField(_("stopped by force"), default=False)

    total = models.PositiveIntegerField(_("devices"), default=0)
    prestaged = models.PositiveIntegerField(_("prestaged"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    excluded = models.PositiveIntegerField(_("excluded"), default=0)
    absorbed = models.PositiveIntegerField(_("absorbed"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    summary = models.CharField(_("summary"), max_length=500, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("prestage device job")
        verbose_name_plural = _("prestage device jobs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="prestage_job_state_is_known", condition=Q(state__in=JobState.values)
            ),
            models.CheckConstraint(
                name="prestage_job_ended_is_terminal",
                condition=Q(state__in=JobState.active(), ended_at__isnull=True)
                | Q(state__in=JobState.terminal(), ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="prestage_job_in_progress_has_started",
                condition=~Q(state=JobState.IN_PROGRESS) | Q(started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="prestage_job_counts_fit",
                condition=Q(
                    total__gte=F("prestaged")
                    + F("unchanged")
                    + F("excluded")
                    + F("absorbed")
                    + F("failed")
                    + F("cancelled")
                ),
            ),
            models.UniqueConstraint(
                fields=["submitted_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="prestage_job_idempotency_key",
            ),
            # Not cancelled ones: a series that is paused and resumed in time gets a new job.
            models.UniqueConstraint(
                fields=["schedule", "scheduled_for"],
                condition=~Q(state=JobState.CANCELLED),
                name="prestage_job_one_per_fire_time",
            ),
            models.UniqueConstraint(
                fields=["schedule"],
                condition=Q(state=JobState.SCHEDULED, planned_at__isnull=True),
                name="prestage_job_one_next_occurrence",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "scheduled_for"], name="prestage_job_due"),
            models.Index(fields=["state", "-id"], name="prestage_job_state"),
            models.Index(fields=["user", "-id"], name="prestage_job_user"),
            models.Index(fields=["-scheduled_for"], name="prestage_job_scheduled"),
            # What lists are filtered by; a job is one row, so they cost next to nothing.
            models.Index(fields=["username", "-id"], name="prestage_job_username"),
            models.Index(fields=["job_type", "-id"], name="prestage_job_type"),
            models.Index(fields=["-id"], name="prestage_job_dry_run", condition=Q(dry_run=True)),
        ]
        permissions = [
            ("view_all_jobs", _("Can view the jobs of every user")),
            ("run_job", _("Can start and schedule prestage jobs")),
            ("cancel_any_job", _("Can cancel the jobs of every user")),
            ("force_stop_job", _("Can stop jobs by force, closing sessions in flight")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def finished(self) -> int:
        """Number of devices with a result; cancelled ones have none."""
        return self.prestaged + self.unchanged + self.excluded + self.absorbed + self.failed

    @property
    def percent(self) -> int:
        """Share of finished devices, 100 exactly when the job ended by itself (spec, section 4)."""
        if self.state in {JobState.SUCCESS, JobState.FAILURE}:
            return 100
        return min(99, self.finished * 100 // self.total) if self.total else 0

    @property
    def cancelling(self) -> bool:
        """Whether the job is being cancelled but has devices in flight."""
        return self.state == JobState.IN_PROGRESS and self.cancel_requested_at is not None

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in JobState.terminal()
