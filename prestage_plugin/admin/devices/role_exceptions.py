"""A person's exceptions for a device, edited on the device's page."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, RoleException
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.role_exceptions import checked_value

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
                values["value"] = checked_value(kind=kind, value=values["value"])
            except Refused as refusal:
                self.add_error("value", translate_sentence(refusal.text))
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
