"""The action that prestages devices, on every list of them."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.jobs.recurrence_form import RecurrenceForm
from prestage_plugin.admin.jobs.start_form import StartForm
from prestage_plugin.admin.jobs.start_pages import start_page
from prestage_plugin.models import Device
from prestage_plugin.permissions import may_run

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["PrestagesDevices"]

MOST_DEVICES = 5000
"""Devices whose names one form takes."""


class PrestagesDevices(_Base):
    """Mixed in front of a `ModelAdmin` of devices; name `prestage_devices` in its `actions`."""

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Whether to offer what starts jobs."""
        return may_run(request.user)

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
