"""States and kinds, and which transitions are legal (jobs spec, section 2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = [
    "JOB_TRANSITIONS",
    "ChangeSource",
    "ChangeState",
    "DeviceState",
    "JobState",
    "JobType",
    "NotificationChannel",
    "NotificationState",
    "RecommendationState",
    "Repeat",
    "RoleChangeKind",
    "RoleChoice",
    "RuleWord",
    "ScheduleState",
    "ShardState",
    "TokenScope",
]


class JobState(models.TextChoices):
    """States of a job; the labels are the words that users see."""

    SCHEDULED = "scheduled", _("Job Scheduled")
    IN_PROGRESS = "in-progress", _("In progress")
    SUCCESS = "success", _("Success")
    FAILURE = "failure", _("Failure")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def active(cls) -> list["JobState"]:
        """States that a job can still leave."""
        return [cls.SCHEDULED, cls.IN_PROGRESS]

    @classmethod
    def terminal(cls) -> list["JobState"]:
        """States that nothing leaves."""
        return [cls.SUCCESS, cls.FAILURE, cls.CANCELLED]


JOB_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    # A job that breaks before its first device (its scope is empty by then, say) fails directly.
    JobState.SCHEDULED: frozenset({JobState.IN_PROGRESS, JobState.CANCELLED, JobState.FAILURE}),
    JobState.IN_PROGRESS: frozenset({JobState.SUCCESS, JobState.FAILURE, JobState.CANCELLED}),
    JobState.SUCCESS: frozenset(),
    JobState.FAILURE: frozenset(),
    JobState.CANCELLED: frozenset(),
}


class JobType(models.TextChoices):
    """What a job does and who wanted it."""

    MANUAL = "manual", _("Manual")
    AUTO = "auto", _("Auto")
    DISCOVER_ONLY = "discover-only", _("Discover only")
    ASSIGN = "assign", _("Assign")

    @property
    def assigns(self) -> bool:
        """Whether recommendations become assigned roles without a person confirming each."""
        return self in {JobType.MANUAL, JobType.ASSIGN}


class ScheduleState(models.TextChoices):
    """States of a series of jobs."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")
    CANCELLED = "cancelled", _("Cancelled")


class Repeat(models.TextChoices):
    """Units of a recurrence (jobs spec, section 3)."""

    MINUTES = "minutes", _("Minutes")
    HOURLY = "hourly", _("Hourly")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")
    YEARLY = "yearly", _("Yearly")


class ShardState(models.TextChoices):
    """States of a shard."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def open(cls) -> list["ShardState"]:
        """States of shards that still have work."""
        return [cls.QUEUED, cls.RUNNING]


class DeviceState(models.TextChoices):
    """States of one device within a job."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PRESTAGED = "prestaged", _("Prestaged")
    UNCHANGED = "unchanged", _("Unchanged")
    EXCLUDED = "excluded", _("Excluded")
    ABSORBED = "absorbed", _("Absorbed")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def open(cls) -> list["DeviceState"]:
        """States of devices that have no result yet."""
        return [cls.QUEUED, cls.RUNNING]

    @classmethod
    def finished(cls) -> list["DeviceState"]:
        """States that count towards a job's percent."""
        return [cls.PRESTAGED, cls.UNCHANGED, cls.EXCLUDED, cls.ABSORBED, cls.FAILED]


class NotificationChannel(models.TextChoices):
    """Ways by which the end of a job is announced."""

    WEBHOOK = "webhook", _("Webhook")
    EMAIL = "email", _("E-mail")


class NotificationEvent(models.TextChoices):
    """What is announced."""

    JOB_ENDED = "job-ended", _("A job ended")
    DRIFT = "drift", _("Drift")


class NotificationState(models.TextChoices):
    """States of one announcement by one channel."""

    PENDING = "pending", _("Pending")
    SENT = "sent", _("Sent")
    GIVEN_UP = "given-up", _("Given up")


class RoleChoice(models.TextChoices):
    """Roles (prestaging spec, section 1)."""

    N_PE = "N-PE", "N-PE"
    P = "P", "P"
    UNKNOWN = "UNKNOWN", _("UNKNOWN")


class RoleChangeKind(models.TextChoices):
    """What changed in a row of a device's role history."""

    RECOMMENDED = "recommended", _("Recommended")
    ASSIGNED = "assigned", _("Assigned")
    UNASSIGNED = "unassigned", _("Un-assigned")
    DRIFTED = "drifted", _("Drifted")
    """The configuration no longer supports the assigned role, which stays as it is."""


class RecommendationState(models.TextChoices):
    """What a recommendation that is not the assigned role means."""

    UNCONFIRMED = "unconfirmed", _("Unconfirmed")
    DRIFTED = "drifted", _("Drifted")


class RuleWord(models.TextChoices):
    """What rules say of a device or an interface; the labels are the words that users see."""

    PASS = "pass", _("pass")
    FAIL = "fail", _("fail")
    NOT_APPLICABLE = "not-applicable", _("not applicable")
    RECOMMENDED = "recommended", _("recommended")
    EXCLUDED = "excluded", _("excluded")


class ChangeState(models.TextChoices):
    """What became of a device's change."""

    PENDING = "pending", _("Pending")
    STARTED = "started", _("Started a job")
    ABSORBED = "absorbed", _("Absorbed by a job")


class EventFate(models.TextChoices):
    """What became of an event, for people; all but the first four name the job."""

    RECEIVED = "received", _("Received")
    MUTED = "muted", _("Muted")
    PENDING = "pending", _("Waits for the end of its window")
    NOT_IN_INVENTORY = "not-in-inventory", _("Waits for its device to return to the inventory")
    STARTED = "started", _("Job")
    ABSORBED = "absorbed", _("Absorbed by job")
    UNCHANGED = "unchanged", _("Unchanged, found by job")
    FAILED = "failed", _("Failed in job")
    CANCELLED = "cancelled", _("Cancelled with job")


class ChangeSource(models.TextChoices):
    """Where a change was heard of."""

    PLATFORM = "platform", _("Platform")
    DEPLOYMENT = "deployment", _("Deployment")
    SYSLOG = "syslog", _("Syslog")
    NETCONF = "netconf", _("NETCONF notification")
    WEBHOOK = "webhook", _("Webhook")


class EventState(models.TextChoices):
    """What became of one event."""

    NEW = "new", _("Received")
    """It waits for the coalescer."""
    TAKEN = "taken", _("Received")
    """The coalescer has it in hand; never visible outside its transaction."""
    NOTED = "noted", _("Noted")
    """It belongs to a change, which says what came of it."""
    MUTED = "muted", _("Muted")
    """Its device, its source or all of auto prestaging was switched off."""

    @classmethod
    def inbox(cls) -> list["EventState"]:
        """States of events that belong to no change yet."""
        return [cls.NEW, cls.TAKEN]


class ListenerState(models.TextChoices):
    """How a process that hears of changes is, by what it said last."""

    RUNNING = "running", _("Running")
    ENDED = "ended", _("Ended")
    """It was told to, and wrote everything down first."""
    SILENT = "silent", _("Silent")
    """It died, or its host did."""


class TokenScope(models.TextChoices):
    """What a token of the API may do, as far as its user may."""

    READ = "read", _("Read everything that its user sees")
    JOBS = "jobs", _("Start, cancel and schedule jobs")
    ROLES = "roles", _("Assign roles, take them back, set exceptions")
    EVENTS = "events", _("Report that devices changed")
    SITE = "site", _("Change settings, synchronise the inventory, make and revoke tokens")
