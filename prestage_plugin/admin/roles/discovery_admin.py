"""*Discovery status*: how many devices wait for their role, as bars that lead to them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.admin.entries import EntryPage, register_entry
from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.roles.filters import UNASSIGNED
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_assign, may_run, may_view_devices
from prestage_plugin.services.statistics import DeviceCounts, count_devices
from prestage_plugin.states import JobState, RoleChoice

__all__ = ["DiscoveryPage"]

_MOST_JOBS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar.

    Attributes:
        role: The recommended role, as a pill.
        kind: Ends the name of the CSS class that gives the colour.
        meaning: What it says, in words.
        count: Number of devices.
        total: Number of devices behind all bars; never 0.
        percent: Share of these, rounded.
        url: The list of these devices.
    """

    role: Any
    kind: str
    meaning: str
    count: int
    total: int
    percent: int
    url: str


class DiscoveryPage(EntryPage):
    """Shows the bars."""

    class Media:
        css = {
            "all": [
                "prestage_plugin/admin.css",
                "prestage_plugin/jobs.css",
                "prestage_plugin/roles.css",
            ]
        }

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may view devices."""
        del obj
        return may_view_devices(request.user)

    def page_view(self, request: HttpRequest) -> HttpResponse:
        """Show how far discovery and assigning have come."""
        counts = count_devices()
        running = Job.objects.visible_to(request.user).filter(state=JobState.IN_PROGRESS)
        context = own_page(self, request, title=_("Discovery status")) | {
            "counts": counts,
            "not_evaluated": counts.unassigned[""],
            "bars": _bars(counts),
            "others": _others(counts),
            "jobs": [(job, badges.progress(job)) for job in running.order_by("-pk")[:_MOST_JOBS]],
            "may_assign": may_assign(request.user),
            "may_run": may_run(request.user),
        }
        return TemplateResponse(request, "admin/prestage/roles/discovery.html", context)


def _bars(counts: DeviceCounts) -> list[Bar]:
    meanings = {
        RoleChoice.N_PE: _("recommended as network provider edge"),
        RoleChoice.P: _("recommended as provider router"),
        RoleChoice.UNKNOWN: _("no role could be recommended"),
    }
    total = counts.unconfirmed
    return [
        Bar(
            role=badges.role(role, confirmed=False),
            kind=role.lower(),
            meaning=meaning,
            count=counts.unassigned[role],
            total=total or 1,
            percent=round(100 * counts.unassigned[role] / total) if total else 0,
            url=_list(stage=UNASSIGNED, recommended_role__exact=role.value),
        )
        for role, meaning in meanings.items()
    ]


def _others(counts: DeviceCounts) -> list[tuple[str, int, str]]:
    drift = f"{reverse('admin:prestage_drift_changelist')}?differs=role"
    return [
        (_("Never evaluated"), counts.unassigned[""], _list(stage="not-evaluated")),
        *(
            (
                _("Assigned as %(role)s") % {"role": role},
                count,
                _list(stage="assigned", assigned_role__exact=role, in_inventory__exact="1"),
            )
            for role, count in counts.assigned.items()
            if role
        ),
        (_("Of these with drift"), counts.drifted, f"{drift}&in_inventory__exact=1"),
        (_("All devices"), counts.total, _list(stage="all", in_inventory__exact="1")),
    ]


def _list(**query: str) -> str:
    return f"{reverse('admin:prestage_recommendation_changelist')}?{urlencode(query)}"


register_entry(name="discovery", title=gettext_lazy("discovery status"), page=DiscoveryPage)
