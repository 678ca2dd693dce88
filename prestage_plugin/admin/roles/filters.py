"""How the list of roles to assign is narrowed down."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from prestage_plugin.models import Device, RoleException

__all__ = ["UNASSIGNED", "DeviationFilter", "ExceptionFilter", "StageFilter"]

UNASSIGNED = "unassigned"

_Rows = QuerySet[Any]
_STAGES: dict[str, tuple[Any, Callable[[_Rows], _Rows]]] = {
    UNASSIGNED: (
        gettext_lazy("To be assigned"),
        lambda rows: rows.filter(in_inventory=True, assigned_role="").exclude(recommended_role=""),
    ),
    "assigned": (gettext_lazy("Assigned"), lambda rows: rows.exclude(assigned_role="")),
    "not-evaluated": (
        gettext_lazy("Never evaluated"),
        lambda rows: rows.filter(in_inventory=True, assigned_role="", recommended_role=""),
    ),
    "all": (gettext_lazy("All"), lambda rows: rows),
}


class StageFilter(admin.SimpleListFilter):
    """How far a device has come; those that wait for somebody are shown first."""

    title = gettext_lazy("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        del request, model_admin
        return [(name, label) for name, (label, _narrow) in _STAGES.items()]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the choices; the first of them is what an address without the filter means."""
        for name, label in self.lookup_choices:
            yield {
                "selected": name == (self.value() or UNASSIGNED),
                "query_string": changelist.get_query_string({str(self.parameter_name): name}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the devices of the stage."""
        stage = self.value()
        if stage is None:
            # Rows that were selected one by one are what they are, also on the way back from a
            # confirmation, which knows nothing of filters.
            if request.method == "POST" and request.POST.get("select_across") != "1":
                return queryset
            stage = UNASSIGNED
        return _STAGES[stage][1](queryset) if stage in _STAGES else queryset.none()


class ExceptionFilter(admin.SimpleListFilter):
    """Devices for which a person overrides the rules."""

    title = gettext_lazy("exceptions")
    parameter_name = "exceptions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        del request, model_admin
        return [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the devices with or without exceptions."""
        del request
        found = RoleException.objects.values("device")
        if self.value() == "yes":
            return queryset.filter(pk__in=found)
        return queryset.exclude(pk__in=found) if self.value() == "no" else queryset


class DeviationFilter(admin.SimpleListFilter):
    """What is not as it was assigned."""

    title = gettext_lazy("what differs")
    parameter_name = "differs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        del request, model_admin
        return [("role", gettext_lazy("Role")), ("loopback", gettext_lazy("Loopback only"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the devices where it is this."""
        del request
        if self.value() == "role":
            return queryset.filter(pk__in=Device.objects.drifted().values("pk"))
        if self.value() == "loopback":
            return queryset.filter(pk__in=Device.objects.moved().values("pk"))
        return queryset
