"""The forms in which a person overrides the rules for one device."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.errors import Refused
from prestage_plugin.models import RoleException
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.role_exceptions import checked_value

__all__ = ["ExcludeForm", "InterfacesForm", "LoopbackForm"]

_OTHER = "other"


class _NotedForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Why, for those who come after you."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # It is asked for last, after what a subclass asks for.
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])


class ExcludeForm(_NotedForm):
    """Whether the device is taken out of the N-PEs."""

    excluded = forms.BooleanField(
        label=gettext_lazy("Exclude it from N-PE"),
        required=False,
        help_text=gettext_lazy("No role is recommended for it then."),
    )


class LoopbackForm(_NotedForm):
    """Which address identifies the device."""

    loopback = forms.ChoiceField(
        label=gettext_lazy("Loopback"),
        widget=forms.RadioSelect,
        choices=[("", gettext_lazy("As the rules choose"))],
        required=False,
    )
    other = forms.CharField(
        label=gettext_lazy("Another address"), max_length=15, required=False, empty_value=""
    )

    def __init__(self, *args: Any, addresses: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["loopback"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", _("As the rules choose")),
            *((address, address) for address in addresses),
            (_OTHER, _("Another address")),
        ]

    def clean(self) -> dict[str, Any]:
        """Put the address together, and check it."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = values.get("loopback", "")
        values["address"] = values.get("other", "") if chosen == _OTHER else chosen
        if chosen:
            try:
                checked_value(kind=RoleException.Kind.LOOPBACK, value=values["address"])
            except Refused as refusal:
                self.add_error(
                    "other", ValidationError(translate_sentence(refusal.text), code=refusal.code)
                )
        return values


class InterfacesForm(_NotedForm):
    """What becomes of the interfaces that were selected in the table."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Selected interfaces"),
        choices=[
            ("include", gettext_lazy("Include as UNI")),
            ("exclude", gettext_lazy("Exclude as UNI")),
            ("rules", gettext_lazy("As the rules say")),
        ],
    )

    @property
    def as_uni(self) -> bool | None:
        """What was chosen; None to let the rules decide."""
        return {"include": True, "exclude": False}.get(self.cleaned_data["verdict"])
