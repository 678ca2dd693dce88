"""Small pieces of HTML that several pages share. Everything passes through `format_html`."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import npgettext_lazy

from prestage_plugin.models import ChangeEvent, Device, Job, JobDevice, ListenerStatus
from prestage_plugin.services.listeners import listener_state as state_of_listener
from prestage_plugin.states import RoleChoice, RuleWord

__all__ = [
    "DASH",
    "device_state",
    "drift",
    "duration",
    "event_fate",
    "job_state",
    "listener_state",
    "moment",
    "pill",
    "progress",
    "role",
    "verdict",
]

DASH = "—"

_ICONS = {
    RuleWord.PASS: "✓",
    RuleWord.FAIL: "✗",
    RuleWord.NOT_APPLICABLE: "○",
    RuleWord.RECOMMENDED: "✓",
    RuleWord.EXCLUDED: "✗",
}


_UNITS: dict[str, Any] = {
    # Django's own words stand alone; after "in" or "ago" some languages inflect them.
    "year": npgettext_lazy("relative time", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("relative time", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("relative time", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("relative time", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("relative time", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("relative time", "%(num)d minute", "%(num)d minutes", "num"),
}


def pill(kind: str, word: str) -> SafeString:
    """Return a coloured pill that holds the word, for colour alone says nothing to many.

    Args:
        kind: Ends the name of the CSS class that gives the colour, e.g. `failure`.
        word: What it says.
    """
    return format_html('<span class="prestage-pill prestage-pill-{}">{}</span>', kind, word)


def job_state(job: Job) -> SafeString:
    """Return the state of a job; one that is being cancelled says so."""
    if job.cancelling:
        return pill("cancelling", _("cancelling"))
    return pill(job.state, job.get_state_display())


def device_state(row: JobDevice) -> SafeString:
    """Return the state of a device within a job."""
    return pill(f"device-{row.state}", row.get_state_display())


def listener_state(listener: ListenerStatus) -> SafeString:
    """Return how a process that hears of changes is."""
    state = state_of_listener(listener)
    return pill(f"listener-{state}", str(state.label))


def role(name: str, *, confirmed: bool = True) -> SafeString:
    """Return a role; a recommendation that nobody confirmed has a question mark.

    Args:
        name: `N-PE`, `P`, `UNKNOWN` or empty.
        confirmed: Whether it is, or agrees with, the assigned role.
    """
    if not name:
        return format_html("{}", DASH)
    # UNKNOWN is no recommendation, so there is nothing to confirm.
    question = not confirmed and name != RoleChoice.UNKNOWN
    return pill(f"role-{name.lower()}", f"{name} ?" if question else name)


def drift(device: Device) -> SafeString:
    """Return a pill when the configuration no longer supports the assigned role."""
    return pill("drift", _("drift")) if device.drift else format_html("{}", DASH)


def event_fate(event: ChangeEvent) -> SafeString:
    """Return what became of an event that was read `with_fates`, with a link to its job."""
    fate = event.fate
    if event.change is None or event.change.job_id is None:
        return format_html("{}", fate.label)
    url = reverse("admin:prestage_job_change", args=[event.change.job_id])
    return format_html('{} <a href="{}">#{}</a>', fate.label, url, event.change.job_id)


def verdict(name: str) -> SafeString:
    """Return the verdict of a rule as a word with an icon."""
    word = RuleWord(name)
    return format_html(
        '<span class="prestage-verdict prestage-verdict-{}">'
        '<span aria-hidden="true">{}</span> {}</span>',
        word,
        _ICONS[word],
        word.label,
    )


def progress(job: Job) -> SafeString:
    """Return the bar of a job with its text, e.g. `37 % (37/100, 2 failed)`."""
    percent = job.percent
    if not job.total:
        text = f"{percent} %"
    elif job.failed:
        text = _("%(percent)s %% (%(finished)s/%(total)s, %(failed)s failed)") % _numbers(job)
    else:
        text = _("%(percent)s %% (%(finished)s/%(total)s)") % _numbers(job)
    return format_html(
        '<div class="prestage-progress{}"><progress max="100" value="{}" aria-label="{}">'
        '</progress> <span class="prestage-progress-text">{}</span></div>',
        " prestage-progress-failed" if job.failed else "",
        percent,
        _("Percent"),
        text,
    )


def moment(value: datetime | None) -> SafeString:
    """Return a time relative to now, with the absolute one in the user's time zone on hover."""
    if value is None:
        return format_html("{}", DASH)
    local = timezone.localtime(value)
    absolute = f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    now = timezone.now()
    if abs(now - value) < timedelta(minutes=1):
        words = _("just now") if value <= now else _("within a minute")
    elif value <= now:
        words = _("%(time)s ago") % {"time": timesince(value, now, time_strings=_UNITS, depth=1)}
    else:
        words = _("in %(time)s") % {"time": timeuntil(value, now, time_strings=_UNITS, depth=1)}
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), absolute, words
    )


def duration(value: timedelta | None) -> SafeString:
    """Return a length of time in its two largest units, e.g. `3 min 20 s`."""
    if value is None:
        return format_html("{}", DASH)
    seconds = round(value.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        text = _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    elif minutes:
        text = _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds % 60}
    else:
        text = _("%(seconds)d s") % {"seconds": seconds}
    return format_html("{}", text)


def _numbers(job: Job) -> dict[str, int]:
    return {
        "percent": job.percent,
        "finished": job.finished,
        "total": job.total,
        "failed": job.failed,
    }
