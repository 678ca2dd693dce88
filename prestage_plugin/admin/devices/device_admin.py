"""The list of devices with their roles, and the page of a device."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.forms.widgets import Script
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from nornir_tasks.errors import PrestageError
from prestage_plugin.admin import badges
from prestage_plugin.admin.devices.belongings import DeviceBelongings
from prestage_plugin.admin.devices.details import details_context
from prestage_plugin.admin.devices.history import log_on_devices
from prestage_plugin.admin.devices.prestaging import PrestagesDevices
from prestage_plugin.admin.devices.role_exceptions import RoleExceptionInline
from prestage_plugin.admin.preferences import ZONE_SCRIPT, InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.admin.roles.columns import RoleColumns
from prestage_plugin.admin.what_if.pages import WhatIfPages
from prestage_plugin.models import Device, RoleException
from prestage_plugin.permissions import may_view_jobs
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.auto import mute_devices, unmute_devices
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.inventory import SyncReport, sync_devices
from prestage_plugin.services.reevaluation import reevaluate

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Device]
else:
    _Base = admin.ModelAdmin

__all__ = ["DeviceAdmin", "DriftFilter"]


class DriftFilter(admin.SimpleListFilter):
    """Devices whose configuration no longer supports the assigned role."""

    title = gettext_lazy("drift")
    parameter_name = "drift"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        del request, model_admin
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Device]) -> QuerySet[Device]:
        """Return the devices with or without drift."""
        del request
        drifted = Device.objects.drifted().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=drifted)
        return queryset.exclude(pk__in=drifted) if self.value() == "no" else queryset


@admin.register(Device)
class DeviceAdmin(
    InUsersZone, WithoutNul, DeviceBelongings, WhatIfPages, PrestagesDevices, RoleColumns, _Base
):
    """Devices; everything but a person's exceptions is read-only."""

    list_display = (
        "name",
        "address",
        "platform",
        "recommended",
        "assigned",
        "loopback",
        "uni_count",
        "reason",
        "drift_pill",
        "last_evaluated",
    )
    list_filter = (
        "recommended_role",
        "assigned_role",
        "platform",
        "in_inventory",
        "events_muted",
        DriftFilter,
    )
    search_fields = ("name", "address")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    inlines = (RoleExceptionInline,)
    actions = ("prestage_devices", "mute_events", "unmute_events")
    fieldsets = (
        (
            gettext_lazy("Roles"),
            {
                "fields": (
                    ("recommended", "reason"),
                    ("assigned", "assigned_by", "assigned_at"),
                    "drift_pill",
                    ("loopback", "assigned_loopback"),
                    ("uni_count", "excluded_count"),
                    ("capability_words", "flag_words"),
                    "warning_words",
                    "evaluated_at",
                )
            },
        ),
        (
            gettext_lazy("Inventory"),
            {
                "fields": (
                    ("name", "address"),
                    ("platform", "group_words"),
                    ("in_inventory", "events_muted"),
                    "parent",
                )
            },
        ),
    )

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}
        js = [ZONE_SCRIPT, Script("prestage_plugin/what_if.js", defer=True)]

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> list[str]:
        """Return every field: discovery and the inventory write them, people do not."""
        del request, obj
        return [
            field
            for _name, options in self.fieldsets
            for line in options["fields"]
            for field in ([line] if isinstance(line, str) else line)
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Devices come from the inventory."""
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        """A device that is gone keeps its row and history."""
        del request, obj
        return False

    @admin.action(description=gettext_lazy("Mute events"), permissions=["change"])
    def mute_events(self, request: HttpRequest, devices: QuerySet[Device]) -> HttpResponse | None:
        """Let the events of devices start nothing."""
        with transaction.atomic():
            muted = mute_devices(device_ids=devices.values_list("pk", flat=True))
            self._log(request, muted, gettext_noop("Events muted."))
        text = _("%(changed)s of %(chosen)s devices muted.")
        self._report(request, text, len(muted.changed), len(devices))
        return self._back_to_page(request)

    @admin.action(description=gettext_lazy("Unmute events"), permissions=["change"])
    def unmute_events(self, request: HttpRequest, devices: QuerySet[Device]) -> HttpResponse | None:
        """Let the events of devices count again, those that came meanwhile included."""
        with transaction.atomic():
            unmuted = unmute_devices(device_ids=devices.values_list("pk", flat=True))
            self._log(request, unmuted, gettext_noop("Events unmuted."))
        text = _("%(changed)s of %(chosen)s devices unmuted.")
        self._report(request, text, len(unmuted.changed), len(devices))
        return self._back_to_page(request)

    def _back_to_page(self, request: HttpRequest) -> HttpResponse | None:
        """Return to the page of the device whose button it was; None for the list."""
        page = request.POST.get("from_page", "")
        if not (page.isascii() and page.isdigit()):
            return None
        return HttpResponseRedirect(reverse("admin:prestage_device_change", args=[page]))

    def _log(self, request: HttpRequest, report: DeviceReport, text: str) -> None:
        changed = Device.objects.filter(name__in=report.changed)
        log_on_devices(request, changed.values_list("pk", flat=True), text)

    def _report(self, request: HttpRequest, text: str, changed: int, chosen: int) -> None:
        numbers = {"changed": changed, "chosen": chosen}
        self.message_user(request, text % numbers, messages.SUCCESS)

    @admin.display(description=gettext_lazy("Drift"))
    def drift_pill(self, device: Device) -> SafeString:
        """Return whether the assigned role is no longer supported."""
        return badges.drift(device)

    @admin.display(description=gettext_lazy("Capabilities"))
    def capability_words(self, device: Device) -> str:
        """Return the services that the device is ready for."""
        return _words(device.capabilities)

    @admin.display(description=gettext_lazy("Flags"))
    def flag_words(self, device: Device) -> str:
        """Return the flags."""
        return _words(device.flags)

    @admin.display(description=gettext_lazy("Warnings"))
    def warning_words(self, device: Device) -> str:
        """Return the warnings of the last evaluation."""
        return _words(device.warnings)

    @admin.display(description=gettext_lazy("Groups"))
    def group_words(self, device: Device) -> str:
        """Return the inventory groups."""
        return _words(device.groups)

    def get_urls(self) -> list[URLPattern]:
        """Add the button's address."""
        view = self.admin_site.admin_view(self.synchronise_view)
        return [
            path("synchronise/", view, name="prestage_device_synchronise"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the button for those who may synchronise."""
        context = {
            "title": _("Devices"),
            "may_synchronise": self.has_change_permission(request),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a device with its evidence."""
        context: dict[str, Any] = {"title": _("Device")}
        device = self.get_object(request, unquote(object_id))
        if device is not None and self.has_view_or_change_permission(request, device):
            context |= details_context(device, user=request.user)
            context |= self.zone_context() | {
                "checkbox_name": ACTION_CHECKBOX_NAME,
                "may_view_jobs": may_view_jobs(request.user),
                "jobs_query": urlencode({"device": device.name}),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def synchronise_view(self, request: HttpRequest) -> HttpResponse:
        """Synchronise the devices with the inventory and say what changed."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            report = sync_devices()
        except PrestageError as error:
            self.message_user(request, translate_sentence(error.text), messages.ERROR)
        else:
            self.message_user(request, f"{_synchronised(report)}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:prestage_device_changelist"))

    def save_model(
        self, request: HttpRequest, obj: Device, form: "ModelForm[Device]", change: bool
    ) -> None:
        """Write nothing: the form has no fields, and saving the row would undo a job's writes."""

    def save_formset(
        self,
        request: HttpRequest,
        form: "ModelForm[Device]",
        formset: "BaseModelFormSet[Model, ModelForm[Model]]",
        change: bool,
    ) -> None:
        """Save the exceptions, which count at once; the author of a new one is whoever saves it."""
        for added in formset.save(commit=False):
            if isinstance(added, RoleException) and added.author_id is None and added.pk is None:
                added.author_id = request.user.pk
        super().save_formset(request, form, formset, change)
        if formset.has_changed():
            reevaluate(device_id=form.instance.pk, actor=request.user.get_username())


def _synchronised(report: SyncReport) -> str:
    texts = (
        ngettext("%d device added", "%d devices added", report.added) % report.added,
        ngettext("%d updated", "%d updated", report.updated) % report.updated,
        ngettext("%d no longer in the inventory", "%d no longer in the inventory", report.removed)
        % report.removed,
        ngettext("%d unchanged", "%d unchanged", report.unchanged) % report.unchanged,
    )
    return ", ".join(texts)


def _words(values: list[str]) -> str:
    return ", ".join(values) or badges.DASH
