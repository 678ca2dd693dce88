"""What the lists of devices with roles have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.columns import ChoosableColumns
from prestage_plugin.admin.confirming import Confirms
from prestage_plugin.admin.jobs.recurrence_form import RecurrenceForm
from prestage_plugin.admin.jobs.start_form import StartForm
from prestage_plugin.admin.jobs.start_pages import start_page
from prestage_plugin.admin.paginator import LookAheadPaginator, page_number_in
from prestage_plugin.admin.preferences import InUsersZone
from prestage_plugin.admin.read_only import ReadOnly
from prestage_plugin.admin.roles.actions import Unassign
from prestage_plugin.admin.roles.columns import RoleColumns
from prestage_plugin.models import Device
from prestage_plugin.permissions import may_assign, may_run, may_view_devices

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = admin.ModelAdmin

__all__ = ["DeviceList", "log_on_devices"]

MOST_DEVICES = 5000
"""Devices whose names one form takes."""


class DeviceList(InUsersZone, ChoosableColumns, Confirms, RoleColumns, ReadOnly, _Base):
    """A read-only list of devices, whose roles are changed by actions that ask first."""

    always_shown = ("device_name",)
    list_display_links = ("device_name",)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Name of a device")
    ordering = ("name",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/prestage/roles/change_list.html"

    class Media:
        css = {
            "all": [
                "prestage_plugin/admin.css",
                "prestage_plugin/jobs.css",
                "prestage_plugin/roles.css",
            ]
        }
        js = [
            Script("prestage_plugin/zone.js", defer=True),
            Script("prestage_plugin/jobs.js", defer=True),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may view devices."""
        del obj
        return may_view_devices(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A device that is gone keeps its row and history."""
        del request, obj
        return False

    def has_assign_permission(self, request: HttpRequest) -> bool:
        """Whether to offer what changes roles."""
        return may_assign(request.user)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Whether to offer what starts jobs."""
        return may_run(request.user)

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any
    ) -> "Paginator[Any]":
        """Return pages that nobody counts."""
        return LookAheadPaginator(queryset, per_page, page=page_number_in(request))

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the template of the list needs."""
        return {**self.columns_context(request), **self.zone_context()}

    @admin.action(description=Unassign.label, permissions=["assign"])
    def unassign_roles(self, request: HttpRequest, devices: QuerySet[Any]) -> HttpResponse | None:
        """Take roles back."""
        return self.confirm(request, devices, Unassign)

    @admin.action(description=gettext_lazy("Prestage selected devices"), permissions=["run"])
    def prestage_devices(self, request: HttpRequest, devices: QuerySet[Any]) -> HttpResponse | None:
        """Go to the page that starts jobs, with the routers filled in."""
        chosen = Device.objects.filter(pk__in=devices.values("pk"))
        routers = Device.objects.prestageable().filter(pk__in=chosen.values("pk"))
        routers |= Device.objects.prestageable().filter(pk__in=chosen.values("parent"))
        names = list(routers.values_list("name", flat=True)[: MOST_DEVICES + 1])
        if len(names) > MOST_DEVICES:
            text = _("Choose at most %(limit)s devices; a filter can name more of them.")
            self.message_user(request, text % {"limit": MOST_DEVICES}, messages.WARNING)
            return None
        if not names:
            text = _("None of these can be contacted: they have left the inventory.")
            self.message_user(request, text, messages.WARNING)
            return None
        form = StartForm(initial={"scope": "devices", "devices": "\n".join(names)})
        return start_page(self.admin_site, request, form, RecurrenceForm())

    def log_done(self, request: HttpRequest, rows: Sequence[Any], text: str) -> None:
        """Write into the history of the devices, where their page shows it."""
        log_on_devices(request, [row.pk for row in rows], text)


def log_on_devices(request: HttpRequest, device_ids: Sequence[int], text: str) -> None:
    """Write into the admin's history of devices who did what.

    Args:
        request: Of who did it.
        device_ids: With which devices.
        text: What was done.
    """
    assert request.user.pk is not None
    devices = Device.objects.filter(pk__in=device_ids).only("pk", "name")
    LogEntry.objects.log_actions(request.user.pk, devices, CHANGE, text)
