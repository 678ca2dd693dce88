"""The processes that hear of changes: whether they live, and what they counted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.admin.preferences import ZONE_SCRIPT, InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.admin.read_only import ReadOnly
from prestage_plugin.models import ListenerStatus

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[ListenerStatus]
else:
    _Base = admin.ModelAdmin

__all__ = ["ListenerStatusAdmin"]

_WORDS = {
    "received": gettext_lazy("received"),
    "triggers": gettext_lazy("triggers"),
    "own": gettext_lazy("own"),
    "accepted": gettext_lazy("accepted"),
    "unknown": gettext_lazy("unknown"),
    "waiting": gettext_lazy("waiting"),
    "dropped": gettext_lazy("dropped"),
    "malformed": gettext_lazy("malformed"),
    "cut": gettext_lazy("cut"),
    "refused": gettext_lazy("refused"),
    "expired": gettext_lazy("expired"),
    "connections": gettext_lazy("connections"),
}
"""Words of the counters; one that a source has for itself is shown by its name."""


@admin.register(ListenerStatus)
class ListenerStatusAdmin(InUsersZone, WithoutNul, ReadOnly, _Base):
    """Every listener there was within a week."""

    list_display = (
        "name",
        "state",
        "started",
        "last_seen",
        "counts",
        "lost",
        "last_loss",
        "last_death",
    )
    list_display_links = None
    fields = (
        ("name", "state"),
        ("started_at", "seen_at", "ended_at"),
        "counts",
        ("lost", "lost_at", "died_at"),
    )
    show_full_result_count = False
    actions = None

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}
        js = [ZONE_SCRIPT]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own name: there is nothing to select."""
        context = {"title": _("Listeners")}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """They are forgotten by themselves."""
        del request, obj
        return False

    @admin.display(description=gettext_lazy("State"))
    def state(self, listener: ListenerStatus) -> SafeString:
        """Return how it is."""
        return badges.listener_state(listener)

    @admin.display(description=gettext_lazy("Started"), ordering="started_at")
    def started(self, listener: ListenerStatus) -> SafeString:
        """Return when it was started."""
        return badges.moment(listener.started_at)

    @admin.display(description=gettext_lazy("Last seen"), ordering="seen_at")
    def last_seen(self, listener: ListenerStatus) -> SafeString:
        """Return when it said something of itself last."""
        return badges.moment(listener.seen_at)

    @admin.display(description=gettext_lazy("Counted since the start"))
    def counts(self, listener: ListenerStatus) -> SafeString:
        """Return what each of its sources has counted; what is zero is left out."""
        lines = ((source, _numbers(counts)) for source, counts in sorted(listener.counters.items()))
        return format_html_join("", "<div>{}: {}</div>", lines) or format_html("{}", badges.DASH)

    @admin.display(description=gettext_lazy("Last loss"), ordering="lost_at")
    def last_loss(self, listener: ListenerStatus) -> SafeString:
        """Return when it lost messages last."""
        return badges.moment(listener.lost_at)

    @admin.display(description=gettext_lazy("Last death"), ordering="died_at")
    def last_death(self, listener: ListenerStatus) -> SafeString:
        """Return when a run before this one was seen last that did not end in order."""
        return badges.moment(listener.died_at)


def _numbers(counts: Mapping[str, int]) -> str:
    """Return counters as words, e.g. `7 received, 3 triggers`."""
    words = (
        f"{number_format(count, use_l10n=True)} {_WORDS.get(name, name)}"
        for name, count in counts.items()
        if count
    )
    return ", ".join(words) or _("nothing")
