"""The words for a recurrence, as people read them in the list of jobs (jobs spec, section 1)."""

from datetime import date, datetime

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy, pgettext

from prestage_plugin.states import Repeat

__all__ = ["describe_recurrence"]

_EVERY = {
    Repeat.MINUTES: ngettext_lazy("Every minute", "Every %(every)d minutes", "every"),
    Repeat.HOURLY: ngettext_lazy("Every hour", "Every %(every)d hours", "every"),
    Repeat.DAILY: ngettext_lazy("Every day", "Every %(every)d days", "every"),
    Repeat.WEEKLY: ngettext_lazy("Every week", "Every %(every)d weeks", "every"),
    Repeat.MONTHLY: ngettext_lazy("Every month", "Every %(every)d months", "every"),
    Repeat.YEARLY: ngettext_lazy("Every year", "Every %(every)d years", "every"),
}
_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31


def describe_recurrence(
    *,
    repeat: Repeat,
    every: int,
    weekdays: tuple[int, ...],
    start: datetime,
    zone: str,
    until: date | None,
    count: int | None,
) -> str:
    """Return e.g. `Every 2 weeks on Mon, Wed at 02:00 Europe/Berlin until 2027-01-31`.

    The arguments are the attributes of `prestage_plugin.recurrence.Recurrence`; the sentence is
    in the language that is active.
    """
    parts = [str(_EVERY[repeat] % {"every": every}), _days(repeat, weekdays, start)]
    time = start.strftime("%H:%M")
    if repeat in {Repeat.MINUTES, Repeat.HOURLY}:
        day = start.date().isoformat()
        parts.append(_("from %(date)s %(time)s %(zone)s") % _moment(day, time, zone))
    else:
        parts.append(_("at %(time)s %(zone)s") % _moment("", time, zone))
    if until is not None:
        parts.append(_("until %(date)s") % {"date": until.isoformat()})
    elif count is not None:
        parts.append(ngettext("%(count)d time", "%(count)d times", count) % {"count": count})
    return " ".join(part for part in parts if part)


def _moment(day: str, time: str, zone: str) -> dict[str, str]:
    return {"date": day, "time": time, "zone": zone}


def _days(repeat: Repeat, weekdays: tuple[int, ...], start: datetime) -> str:
    if repeat == Repeat.WEEKLY:
        return _("on %(days)s") % {"days": ", ".join(str(WEEKDAYS_ABBR[day]) for day in weekdays)}
    if repeat == Repeat.YEARLY:
        return _("on %(days)s") % {"days": date_format(start, pgettext("date format", "j F"))}
    if repeat != Repeat.MONTHLY:
        return ""
    if start.day == _LONGEST_MONTH:
        return _("on the last day")
    if start.day > _SHORTEST_MONTH:
        return _("on day %(day)d or the last day") % {"day": start.day}
    return _("on day %(day)d") % {"day": start.day}
