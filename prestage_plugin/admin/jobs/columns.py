"""The columns of the *Prestage Device Jobs* page, in order and words of jobs spec, section 1."""

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.models import Job
from prestage_plugin.recurrence import recurrence_in_words
from prestage_plugin.services.summary import summary_in_words
from prestage_plugin.states import JobState

__all__ = ["COLUMNS", "JobColumns", "live_marks"]

COLUMNS = (
    "job_id",
    "job_name",
    "percent_bar",
    "state_pill",
    "type_of_job",
    "summary_text",
    "scheduled_start",
    "actual_start",
    "end_time",
    "user_name",
    "recurrence_text",
)


class JobColumns:
    """What each column shows of a job."""

    @admin.display(description=gettext_lazy("Job ID"), ordering="id")
    def job_id(self, job: Job) -> SafeString:
        """Return the unique id, with what the script that refreshes active rows needs."""
        return format_html("<span{}>{}</span>", live_marks(job), job.pk)

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def job_name(self, job: Job) -> str:
        """Return the name."""
        return job.name

    @admin.display(description=gettext_lazy("Percent"))
    def percent_bar(self, job: Job) -> SafeString:
        """Return the share of finished devices as a bar with text."""
        return badges.progress(job)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_pill(self, job: Job) -> SafeString:
        """Return the state as a pill."""
        return badges.job_state(job)

    @admin.display(description=gettext_lazy("Job Type"), ordering="job_type")
    def type_of_job(self, job: Job) -> str:
        """Return the type's word."""
        return job.get_job_type_display()

    @admin.display(description=gettext_lazy("Summary"), empty_value=badges.DASH)
    def summary_text(self, job: Job) -> str:
        """Return the sentence with counts and cause, empty until the job has ended."""
        return summary_in_words(job)

    @admin.display(description=gettext_lazy("Scheduled Start Time"), ordering="scheduled_for")
    def scheduled_start(self, job: Job) -> SafeString:
        """Return when the job was to start."""
        return badges.moment(job.scheduled_for)

    @admin.display(description=gettext_lazy("Actual Start Time"), ordering="started_at")
    def actual_start(self, job: Job) -> SafeString:
        """Return when the first worker took it."""
        return badges.moment(job.started_at)

    @admin.display(description=gettext_lazy("End Time"), ordering="ended_at")
    def end_time(self, job: Job) -> SafeString:
        """Return when it ended."""
        return badges.moment(job.ended_at)

    @admin.display(description=gettext_lazy("User"), ordering="username")
    def user_name(self, job: Job) -> str:
        """Return who started it."""
        return job.username

    @admin.display(description=gettext_lazy("Recurrence"), empty_value=badges.DASH)
    def recurrence_text(self, job: Job) -> str:
        """Return how often it recurs, in words; empty for a job that runs once."""
        return recurrence_in_words(job.recurrence)


def live_marks(job: Job) -> SafeString:
    """Return HTML attributes that say whether a row of the job will change, and from when on."""
    if job.is_terminal:
        return format_html(' data-job="{}"', job.pk)
    seconds = 0.0
    if job.state == JobState.SCHEDULED:
        seconds = max(0.0, (job.scheduled_for - timezone.now()).total_seconds())
    return format_html(
        ' data-job="{}" data-active-in="{}" data-state="{}"',
        job.pk,
        round(seconds),
        job.get_state_display(),
    )
