"""The dialog of a recurring job (jobs spec, section 3), and the preview of its next times."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from prestage_plugin.admin.moment_input import LocalMomentInput
from prestage_plugin.errors import Refused
from prestage_plugin.recurrence import WEEKDAYS, Recurrence
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.preferences import known_zones
from prestage_plugin.states import Repeat

__all__ = ["RecurrenceForm", "next_times"]

_NEVER, _ON_DATE, _AFTER = "never", "date", "count"


class RecurrenceForm(forms.Form):
    """How often, on which days, from when on and until when."""

    repeat = forms.ChoiceField(label=_("Repeat"), choices=Repeat.choices, initial=Repeat.WEEKLY)
    every = forms.IntegerField(
        label=_("Every"),
        initial=1,
        min_value=1,
        help_text=_("1 is every one of these, 2 every second one."),
    )
    weekdays = forms.MultipleChoiceField(
        label=pgettext_lazy("weekdays", "On"),
        choices=[(name, WEEKDAY_NAMES[number]) for number, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("For weekly ones."),
    )
    start = forms.CharField(
        label=_("First possible start"),
        widget=LocalMomentInput,
        help_text=_("Wall-clock time in the zone below; it holds across daylight saving time."),
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [
            (name, name) for name in sorted(known_zones() | {timezone.get_current_timezone_name()})
        ],
    )
    ends = forms.ChoiceField(
        label=_("Ends"),
        choices=[
            (_NEVER, _("Never")),
            (_ON_DATE, _("On a date")),
            (_AFTER, _("After a number of runs")),
        ],
        initial=_NEVER,
        widget=forms.RadioSelect,
    )
    until = forms.CharField(
        label=_("Last date"),
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
    )
    count = forms.IntegerField(label=_("Number of runs"), min_value=1, required=False)

    def __init__(self, data: Any = None) -> None:
        here = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        super().__init__(
            data,
            initial={
                "start": here.strftime("%Y-%m-%dT%H:%M"),
                "weekdays": [WEEKDAYS[here.weekday()]],
                "zone": timezone.get_current_timezone_name(),
            },
        )

    def clean(self) -> dict[str, Any]:
        """Make the rule, so that what it refuses is said on the form."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                values["rule"] = Recurrence.from_json(self._document(values))
            except Refused as refusal:
                self.add_error(None, translate_sentence(refusal.text))
        return values

    @property
    def rule(self) -> Recurrence:
        """The recurrence that a valid form describes."""
        rule: Recurrence = self.cleaned_data["rule"]
        return rule

    def _document(self, values: dict[str, Any]) -> dict[str, Any]:
        ends = values["ends"]
        return {
            "repeat": values["repeat"],
            "every": values["every"],
            # What is ticked is kept while somebody tries the other units.
            "weekdays": values["weekdays"] if values["repeat"] == Repeat.WEEKLY else [],
            "start": values["start"],
            "zone": values["zone"],
            "until": (values["until"] or "") if ends == _ON_DATE else None,
            "count": (values["count"] or 0) if ends == _AFTER else None,
        }


def next_times(rule: Recurrence, *, after: datetime) -> list[str]:
    """Return the next five times in words, in the rule's own zone.

    Args:
        rule: The recurrence.
        after: Times up to here are left out.
    """
    zone = ZoneInfo(rule.zone)
    local = (at.astimezone(zone) for at in rule.preview(5, after=after))
    return [f"{date_format(at, 'D')} {date_format(at, 'DATETIME_FORMAT')} {at:%Z}" for at in local]
