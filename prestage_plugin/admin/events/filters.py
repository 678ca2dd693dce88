"""How the list of change events is narrowed down."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.models import ChangeEvent, Device
from prestage_plugin.states import EventState

__all__ = ["DeviceFilter", "StateFilter"]

_MOST_DIGITS = 18
"""More may not fit into the database's integers."""


class DeviceFilter(admin.SimpleListFilter):
    """The events of one device, to which its page links; nothing is shown of it otherwise.

    A search for `pe1` would find `pe10` as well.
    """

    title = gettext_lazy("device")
    parameter_name = "device"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the device that was asked for."""
        del request, model_admin
        asked = self.value()
        if not asked:
            return []
        device = _device(asked)
        return [(asked, device.name if device is not None else _("unknown"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChangeEvent]
    ) -> QuerySet[ChangeEvent]:
        """Return its events."""
        del request
        asked = self.value()
        if not asked:
            return queryset
        device = _device(asked)
        return queryset.filter(device=device) if device is not None else queryset.none()


class StateFilter(admin.SimpleListFilter):
    """Events by what the coalescer did with them; `TAKEN` is never seen from outside."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        del request, model_admin
        shown = (EventState.NEW, EventState.NOTED, EventState.MUTED)
        return [(state.value, str(state.label)) for state in shown]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ChangeEvent]
    ) -> QuerySet[ChangeEvent]:
        """Return the events in the chosen state."""
        del request
        return queryset.filter(state=self.value()) if self.value() else queryset


def _device(text: str) -> Device | None:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    return Device.objects.filter(pk=int(text)).first()
