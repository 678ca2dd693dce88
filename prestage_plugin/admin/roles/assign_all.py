"""The page that confirms everything that can be confirmed, however much that is."""

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.roles.actions import Assign
from prestage_plugin.admin.roles.device_list import log_on_devices
from prestage_plugin.models import Device
from prestage_plugin.permissions import may_assign
from prestage_plugin.services.roles import assign_every
from prestage_plugin.states import RoleChoice

if TYPE_CHECKING:
    from prestage_plugin.models import DeviceQuerySet

    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["AssignAllPage"]

_ROLES = (RoleChoice.N_PE, RoleChoice.P)


class AssignAllForm(forms.Form):
    """Which recommendations."""

    role = forms.ChoiceField(
        label=gettext_lazy("Which devices"),
        choices=[("", gettext_lazy("All of them")), *((role.value, role.label) for role in _ROLES)],
        required=False,
        widget=forms.RadioSelect,
    )


class AssignAllPage(_Base):
    """Mixed in front of the `ModelAdmin` of recommendations."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.assign_all_view)
        name = "prestage_recommendation_assign_all"
        return [path("assign-all/", view, name=name), *super().get_urls()]

    def assign_all_url(self, request: HttpRequest) -> str:
        """Return the page's address, with the role by which the list is filtered."""
        url = reverse("admin:prestage_recommendation_assign_all")
        role = request.GET.get("recommended_role__exact")
        return f"{url}?{urlencode({'role': role})}" if role in _ROLES else url

    def assign_all_view(self, request: HttpRequest) -> HttpResponse:
        """Say how many roles would be assigned; on POST assign them and count."""
        if not may_assign(request.user):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else None
        form = AssignAllForm(asked, initial={"role": request.GET.get("role", "")})
        if form.is_valid():
            return self._assign(request, form.cleaned_data["role"])
        context = own_page(self, request, title=_("Assign all recommended roles")) | _forecast()
        context |= {"form": form, "note": Assign.note}
        return TemplateResponse(request, "admin/prestage/roles/assign_all.html", context)

    def _assign(self, request: HttpRequest, role: str) -> HttpResponse:
        assert isinstance(request.user, User)
        devices = _candidates()
        if role:
            devices = devices.filter(recommended_role=role)
        assigned, refused = 0, Counter[str]()
        for report in assign_every(devices=devices, actor=request.user.get_username()):
            assigned += len(report.changed)
            refused.update(refusal.code for refusal in report.refused.values())
            changed = Device.objects.filter(name__in=report.changed)
            log_on_devices(request, list(changed.values_list("pk", flat=True)), Assign.history)
        text = ngettext("%d role assigned", "%d roles assigned", assigned) % assigned
        if skipped := sum(refused.values()):
            text += ", " + ngettext(
                "%d skipped because it was changed meanwhile",
                "%d skipped because they were changed meanwhile",
                skipped,
            ) % (skipped,)
        level = messages.SUCCESS if assigned else messages.WARNING
        self.message_user(request, f"{text}.", level)
        return HttpResponseRedirect(reverse("admin:prestage_recommendation_changelist"))


def _candidates() -> "DeviceQuerySet":
    return Device.objects.assignable().filter(in_inventory=True)


def _forecast() -> dict[str, Any]:
    """Return how many would be assigned by role, and how many would not be, and why."""
    waiting = Device.objects.recommendations().filter(in_inventory=True).order_by()
    rows = waiting.values_list("recommended_role").annotate(count=Count("pk"))
    found = dict(rows)
    return {
        "counts": [(role.label, found.get(role.value, 0)) for role in _ROLES],
        "unknown": found.get(RoleChoice.UNKNOWN.value, 0),
        "total": sum(found.get(role.value, 0) for role in _ROLES),
    }
