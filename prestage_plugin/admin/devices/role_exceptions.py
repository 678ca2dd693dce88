"""A person's exceptions for a device, edited on the device's page."""

import ipaddress
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models import Device, RoleException

if TYPE_CHECKING:
    _Form = forms.ModelForm[RoleException]
    _FormSet = forms.BaseInlineFormSet[RoleException, Device, forms.ModelForm[RoleException]]
    _Inline = admin.TabularInline[RoleException, Device]
else:
    _Form = forms.ModelForm
    _FormSet = forms.BaseInlineFormSet
    _Inline = admin.TabularInline

__all__ = ["RoleExceptionInline"]

Kind = RoleException.Kind


class RoleExceptionForm(_Form):
    """One exception; what its value must be depends on the kind."""

    class Meta:
        model = RoleException
        fields = ["kind", "value", "note"]

    def clean(self) -> dict[str, Any]:
        """Check the value against the kind."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        kind = values.get("kind")
        if kind and "value" in values:
            try:
                values["value"] = _checked_value(kind, values["value"].strip())
            except ValidationError as error:
                self.add_error("value", error)
        return values


class RoleExceptionFormSet(_FormSet):
    """The exceptions of one device."""

    def clean(self) -> None:
        """Refuse a second loopback: the database would, but with an error page."""
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        loopbacks = [f for f in kept if getattr(f, "cleaned_data", {}).get("kind") == Kind.LOOPBACK]
        if len(loopbacks) > 1:
            raise ValidationError(_("A device can have one exception for the loopback."))


class RoleExceptionInline(_Inline):
    """The exceptions of a device; the page that shows them sets the author."""

    model = RoleException
    form = RoleExceptionForm
    formset = RoleExceptionFormSet
    fields = ("kind", "value", "note", "author", "created_at")
    readonly_fields = ("author", "created_at")
    extra = 0


def _checked_value(kind: str, value: str) -> str:
    if kind == Kind.EXCLUDE:
        if value:
            raise ValidationError(_("This kind of exception has no value; leave it empty."))
        return value
    if kind == Kind.LOOPBACK:
        try:
            return str(ipaddress.IPv4Address(value))
        except ValueError as error:
            raise ValidationError(_("Enter an IPv4 address, such as 10.0.0.1.")) from error
    if not value:
        raise ValidationError(_("Enter the name of the interface, such as ge-0/0/1."))
    return value
