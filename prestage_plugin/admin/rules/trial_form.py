"""The form that takes a configuration to judge."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nornir_tasks.rules import CapabilityPolicy, profiles
from prestage_plugin.conf import get_settings
from prestage_plugin.services.classification import Document

__all__ = ["TrialForm"]

_POLICIES = {
    CapabilityPolicy.ANY: gettext_lazy("any: one service capability makes an N-PE"),
    CapabilityPolicy.ALL: gettext_lazy("all: it takes all of them"),
    CapabilityPolicy.NONE: gettext_lazy("none: a loopback is enough"),
}


class UnrepeatedText(forms.Textarea):
    """A text that is not sent back, like a password: it may hold secrets."""

    render_value = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context without the text when it came from somebody."""
        return super().get_context(name, value if self.render_value else None, attrs)


class TrialForm(forms.Form):
    """A configuration, pasted or as a file, and by which rules to judge it."""

    configuration = forms.CharField(
        label=gettext_lazy("Configuration in XML"),
        required=False,
        strip=False,
        widget=UnrepeatedText(
            attrs={"rows": 14, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}
        ),
        help_text=gettext_lazy(
            "The output of: show configuration | display inheritance | display xml"
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("Up to 8 MiB. It is judged in memory and not kept."),
    )
    device = forms.CharField(
        label=gettext_lazy("Name of the device"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("The configured host name when left empty."),
    )
    profile = forms.ChoiceField(label=gettext_lazy("Rule profile"))
    capability_policy = forms.ChoiceField(
        label=gettext_lazy("Capability policy"), choices=list(_POLICIES.items())
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = self.fields["configuration"].widget
        assert isinstance(text, UnrepeatedText)
        text.render_value = not self.is_bound
        site = get_settings()
        profile = self.fields["profile"]
        assert isinstance(profile, forms.ChoiceField)
        profile.choices = [(each.name, each.name) for each in profiles()]
        self.initial.setdefault("profile", site.profile)
        self.initial.setdefault("capability_policy", site.capability_policy)

    def clean(self) -> dict[str, Any]:
        """Ask for one configuration."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        pasted, file = values.get("configuration"), values.get("file")
        if bool(pasted) == (file is not None) and not self.errors:
            text = _("Paste a configuration or choose a file; not both.")
            raise forms.ValidationError(text, code="one-configuration")
        return values

    @property
    def document(self) -> Document:
        """What is to be judged."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        pasted: str = self.cleaned_data["configuration"]
        return Document(
            data=pasted.encode() if file is None else file.read(),
            device=self.cleaned_data["device"] or None,
        )
