"""The page that confirms everything that can be confirmed, however much that is."""

from typing import TYPE_CHECKING, Any, NamedTuple
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

from prestage_plugin.admin.devices.history import log_on_devices
from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.roles.actions import Assign
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

MOST_AT_ONCE = 2000
"""Devices of one request; more would outlast the patience of web servers."""

_ROLES = (RoleChoice.N_PE, RoleChoice.P)


class AssignAllForm(forms.Form):
    """Which recommendations."""

    role = forms.ChoiceField(
        label=gettext_lazy("Which devices"),
        choices=[("", gettext_lazy("All of them")), *((role.value, role.label) for role in _ROLES)],
        required=False,
        widget=forms.RadioSelect,
    )
    # What earlier rounds of the same confirmation did; only for the message at the end.
    done = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    skipped = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)


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
        """Say how many roles would be assigned; on POST assign them, page by page, and count."""
        if not may_assign(request.user):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else None
        form = AssignAllForm(asked, initial={"role": request.GET.get("role", "")})
        if form.is_valid():
            return self._assign(request, form)
        context = own_page(self, request, title=_("Assign all recommended roles")) | _forecast()
        context |= {"form": form, "note": Assign.note}
        return TemplateResponse(request, "admin/prestage/roles/assign_all.html", context)

    def _assign(self, request: HttpRequest, form: AssignAllForm) -> HttpResponse:
        """Assign some, and go on with the next page until nothing is left."""
        devices = _candidates(form.cleaned_data["role"])
        round_ = self._assign_some(request, devices)
        done = (form.cleaned_data["done"] or 0) + round_.assigned
        skipped = (form.cleaned_data["skipped"] or 0) + round_.skipped
        left = devices.count()
        # When nobody got a role in this round, nobody will in the next.
        if left and round_.assigned:
            return self._go_on(request, form, done=done, skipped=skipped, left=left)
        text = ngettext("%d role assigned", "%d roles assigned", done) % done
        if skipped:
            text += ", " + ngettext(
                "%d skipped because it was changed meanwhile",
                "%d skipped because they were changed meanwhile",
                skipped,
            ) % (skipped,)
        self.message_user(request, f"{text}.", messages.SUCCESS if done else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:prestage_recommendation_changelist"))

    def _assign_some(self, request: HttpRequest, devices: "DeviceQuerySet") -> "_Round":
        assert isinstance(request.user, User)
        assigned = skipped = 0
        for report in assign_every(devices=devices, actor=request.user.get_username()):
            assigned += len(report.changed)
            skipped += len(report.refused)
            changed = Device.objects.filter(name__in=report.changed)
            log_on_devices(request, list(changed.values_list("pk", flat=True)), Assign.history)
            if assigned + skipped >= MOST_AT_ONCE:
                break
        return _Round(assigned, skipped)

    def _go_on(
        self, request: HttpRequest, form: AssignAllForm, *, done: int, skipped: int, left: int
    ) -> HttpResponse:
        values = {"role": form.cleaned_data["role"], "done": done, "skipped": skipped}
        context = own_page(self, request, title=_("Assign all recommended roles")) | {
            "form": AssignAllForm(initial=values),
            "values": values,
            "left": left,
            "total": done + left,
            "percent": 100 * done // (done + left),
        }
        return TemplateResponse(request, "admin/prestage/roles/assigning.html", context)


class _Round(NamedTuple):
    assigned: int
    skipped: int


def _candidates(role: str) -> "DeviceQuerySet":
    devices = Device.objects.assignable().filter(in_inventory=True)
    return devices.filter(recommended_role=role) if role else devices


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
