"""What the lists of devices with roles have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.columns import ChoosableColumns
from prestage_plugin.admin.confirming import Confirms
from prestage_plugin.admin.devices.history import log_on_devices
from prestage_plugin.admin.devices.prestaging import PrestagesDevices
from prestage_plugin.admin.paginator import LookAheadPaginator, page_number_in
from prestage_plugin.admin.preferences import InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.admin.read_only import ReadOnly
from prestage_plugin.admin.roles.actions import Unassign
from prestage_plugin.admin.roles.columns import RoleColumns
from prestage_plugin.permissions import may_assign, may_view_devices

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = admin.ModelAdmin

__all__ = ["DeviceList"]


class DeviceList(
    InUsersZone,
    WithoutNul,
    ChoosableColumns,
    Confirms,
    PrestagesDevices,
    RoleColumns,
    ReadOnly,
    _Base,
):
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

    def log_done(self, request: HttpRequest, rows: Sequence[Any], text: str) -> None:
        """Write into the history of the devices, where their page shows it."""
        log_on_devices(request, [row.pk for row in rows], text)
