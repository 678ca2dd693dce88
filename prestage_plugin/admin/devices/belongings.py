"""The whole of what the page of a device shows the beginning of: interfaces and role history."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from prestage_plugin.admin.devices.details import change_rows, result_of
from prestage_plugin.admin.devices.interfaces import InterfaceRow, interface_rows, rules_in
from prestage_plugin.admin.numbered_page import NumberedPage
from prestage_plugin.admin.pages import own_page
from prestage_plugin.models import Device
from prestage_plugin.states import RuleWord

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Device]
else:
    _Base = object

__all__ = ["PAGE_SIZE", "DeviceBelongings"]

PAGE_SIZE = 100
"""Rows of a page."""


class DeviceBelongings(_Base):
    """Mixed in front of the `ModelAdmin` of devices."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        site = self.admin_site
        return [
            path(
                "<int:device_id>/interfaces/",
                site.admin_view(self.interfaces_view),
                name="prestage_device_interfaces",
            ),
            path(
                "<int:device_id>/roles/",
                site.admin_view(self.roles_view),
                name="prestage_device_roles",
            ),
            *super().get_urls(),
        ]

    def interfaces_view(self, request: HttpRequest, device_id: int) -> HttpResponse:
        """Show every interface with its verdict, by verdict and rule if that is asked for.

        Raises:
            Http404: There is no such device.
        """
        device = self._device(request, device_id)
        rows = interface_rows(result_of(device))
        asked = {name: request.GET.get(name, "") for name in ("verdict", "rule")}
        page = NumberedPage.of(_chosen(rows, **asked), PAGE_SIZE, request)
        context = {
            "interfaces": page.rows,
            "page": page,
            "asked": asked,
            "verdicts": [(word, word.label) for word in (RuleWord.RECOMMENDED, RuleWord.EXCLUDED)],
            "rules": rules_in(rows),
        }
        return self._show(request, device, "interfaces", _("Interfaces"), context)

    def roles_view(self, request: HttpRequest, device_id: int) -> HttpResponse:
        """Show the whole role history.

        Raises:
            Http404: There is no such device.
        """
        device = self._device(request, device_id)
        changes = device.role_changes.order_by("-at", "-id")
        page = NumberedPage.of(changes, PAGE_SIZE, request)
        context = {"history": change_rows(page.rows), "page": page}
        return self._show(request, device, "roles", _("Role history"), context)

    def _device(self, request: HttpRequest, device_id: int) -> Device:
        if not self.has_view_permission(request):
            raise PermissionDenied
        device = self.get_object(request, str(device_id))
        if device is None:
            raise Http404
        return device

    def _show(
        self, request: HttpRequest, device: Device, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        page = own_page(self, request, title=title, subtitle=device.name, device=device)
        return TemplateResponse(request, f"admin/prestage/device/{name}.html", page | context)


def _chosen(rows: list[InterfaceRow], *, verdict: str, rule: str) -> list[InterfaceRow]:
    return [row for row in rows if verdict in {"", row.word} and rule in {"", row.rule}]
