"""Exceptions of one device, edited beside the evidence for its role."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from prestage_plugin.admin.badges import moment
from prestage_plugin.admin.devices.history import log_on_devices
from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.roles.exception_forms import ExcludeForm, InterfacesForm, LoopbackForm
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, RoleException
from prestage_plugin.permissions import (
    may_add_exceptions,
    may_remove_exceptions,
    may_view_exceptions,
)
from prestage_plugin.sentences import marked, translate_sentence
from prestage_plugin.services.exception_edit import (
    Edited,
    choose_loopback,
    judge_interfaces,
    set_excluded,
)

if TYPE_CHECKING:
    from prestage_plugin.admin.roles.recommendation_admin import RecommendationAdmin

    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["ExceptionPages"]

_Forms = dict[str, forms.Form]
_Kind = RoleException.Kind


class ExceptionPages(_Base):
    """Mixed in front of the `ModelAdmin` of recommendations."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address that the forms of a device's page send to."""
        view = self.admin_site.admin_view(self.exceptions_view)
        name = "prestage_recommendation_exceptions"
        return [path("<int:device_id>/exceptions/", view, name=name), *super().get_urls()]

    def exceptions_context(
        self, device: Device, request: HttpRequest, *, sent: _Forms | None = None
    ) -> dict[str, Any]:
        """Return the exceptions of a device, and the forms for those who may change them.

        Args:
            device: The device.
            request: Of whoever looks.
            sent: The form that was sent and is not right, by name.
        """
        may_see = may_view_exceptions(request.user) or _may_edit(request)
        rows = list(device.exceptions.select_related("author")) if may_see else []
        context: dict[str, Any] = {
            "may_see_exceptions": may_see,
            "exceptions": [(moment(row.created_at), row) for row in rows],
        }
        if _may_edit(request):
            context["forms"] = _forms(device, rows) | (sent or {})
            name = "admin:prestage_recommendation_exceptions"
            context["exceptions_url"] = reverse(name, args=[device.pk])
        return context

    def exceptions_view(self, request: HttpRequest, device_id: int) -> HttpResponse:
        """Take one of the forms; what it is about is in the field `form`.

        Raises:
            Http404: There is no such device.
        """
        if not (self.has_view_permission(request) and _may_edit(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        device = self.get_queryset(request).filter(pk=device_id).first()
        if device is None:
            raise Http404
        name = request.POST.get("form", "")
        form = _sent(name, device, request)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                return self._edit(request, device, name, form)
            except Refused as refusal:
                form.add_error(None, translate_sentence(refusal.text))
        return self._show_again(request, device, {name: form})

    def _edit(
        self, request: HttpRequest, device: Device, name: str, form: forms.Form
    ) -> HttpResponse:
        """Change the exceptions, say what came of it, and go back to the page.

        Raises:
            Refused: It cannot be; nothing was written.
        """
        edited = _carry_out(request, device, name, form)
        if edited.changed:
            log_on_devices(request, [device.pk], _told(edited))
            device.refresh_from_db()
            self.message_user(request, _consequence(device, edited), messages.SUCCESS)
        else:
            self.message_user(request, _("Nothing changed: it was so already."), messages.WARNING)
        page = reverse("admin:prestage_recommendation_change", args=[device.pk])
        number = request.POST.get("interfaces_page", "")
        known = number.isascii() and number.isdigit()
        return HttpResponseRedirect(f"{page}?interfaces={number}" if known else page)

    def _show_again(self, request: HttpRequest, device: Any, sent: _Forms) -> HttpResponse:
        admin_page: RecommendationAdmin = self  # type: ignore[assignment]
        context = own_page(self, request, title=device.name)
        context |= admin_page.details(device, request)
        context |= self.exceptions_context(device, request, sent=sent)
        return TemplateResponse(request, "admin/prestage/recommendation/details.html", context)


def _may_edit(request: HttpRequest) -> bool:
    # An exception is replaced by another one, so both are wanted.
    return may_add_exceptions(request.user) and may_remove_exceptions(request.user)


def _addresses(device: Device) -> list[str]:
    """Return the loopback addresses that a device is known to have."""
    try:
        result = device.evaluation.result
    except Device.evaluation.RelatedObjectDoesNotExist:
        return []
    found = [result.get("loopback"), *result.get("loopback_alternatives", ())]
    return sorted({address for address in found if address})


def _forms(device: Device, rows: list[RoleException]) -> _Forms:
    loopback = next((row.value for row in rows if row.kind == _Kind.LOOPBACK), "")
    addresses = _addresses(device)
    if loopback and loopback not in addresses:
        addresses = sorted([*addresses, loopback])
    excluded = any(row.kind == _Kind.EXCLUDE for row in rows)
    return {
        "exclude": ExcludeForm(prefix="exclude", initial={"excluded": excluded}),
        "loopback": LoopbackForm(
            prefix="loopback", addresses=addresses, initial={"loopback": loopback}
        ),
        "interfaces": InterfacesForm(prefix="interfaces"),
    }


def _sent(name: str, device: Device, request: HttpRequest) -> forms.Form | None:
    if name == "exclude":
        return ExcludeForm(request.POST, prefix=name)
    if name == "loopback":
        stored = device.exceptions.filter(kind=_Kind.LOOPBACK).values_list("value", flat=True)
        addresses = sorted({*_addresses(device), *stored})
        return LoopbackForm(request.POST, prefix=name, addresses=addresses)
    return InterfacesForm(request.POST, prefix=name) if name == "interfaces" else None


def _carry_out(request: HttpRequest, device: Device, name: str, form: forms.Form) -> Edited:
    assert isinstance(request.user, User)
    given = form.cleaned_data
    common: Any = {"device_id": device.pk, "note": given["note"], "author": request.user}
    if isinstance(form, InterfacesForm):
        names = request.POST.getlist("interface")
        return judge_interfaces(names=names, as_uni=form.as_uni, **common)
    if name == "loopback":
        return choose_loopback(address=given["address"], **common)
    return set_excluded(excluded=given["excluded"], **common)


def _told(edited: Edited) -> str:
    """Return what the history says, in English: it is translated for whoever reads it."""
    sentence_list = ", ".join(edited.changed)
    if len(edited.changed) == 1:
        return marked(f"Exception: {sentence_list}.")
    return marked(f"Exceptions: {sentence_list}.")


def _consequence(device: Device, edited: Edited) -> str:
    if not edited.applied:
        return _("The exceptions are saved; the next job that reads the device applies them.")
    text = _(
        "The exceptions are saved and applied to what is known of the configuration: %(role)s, "
        "loopback %(loopback)s, %(unis)s UNI."
    )
    values = {
        "role": device.recommended_role,
        "loopback": device.loopback or "-",
        "unis": device.uni_count,
    }
    return text % values
