"""The question: which other rules, for which devices, and what to show."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from nornir_tasks.rules import CapabilityPolicy, profiles
from prestage_plugin.models import Device
from prestage_plugin.services.rule_choice import RuleChoice, choose_rules
from prestage_plugin.services.what_if import Shown
from prestage_plugin.states import RoleChoice

__all__ = ["WhatIfForm"]

_SITES = ("", _("As the site says"))
_NONE = "none"
_ROLES = [("", _("Any")), *RoleChoice.choices, (_NONE, pgettext_lazy("role", "None"))]


class WhatIfForm(forms.Form):
    """It is sent by GET, so that an answer can be kept as a bookmark and shared."""

    RULES = ("profile", "capability_policy", "show")
    DEVICES = ("name", "platform", "group", "recommended_role", "assigned_role")

    profile = forms.ChoiceField(
        label=_("Rule profile"),
        choices=lambda: [_SITES, *((each.name, each.name) for each in profiles())],
        required=False,
    )
    capability_policy = forms.ChoiceField(
        label=_("Capability policy"),
        choices=[_SITES, *((each.value, each.value) for each in CapabilityPolicy)],
        required=False,
    )
    show = forms.ChoiceField(
        label=_("Show"),
        choices=[
            (Shown.ROLE.value, _("Devices whose role would be another")),
            (Shown.ANY.value, _("Devices of which anything would be another")),
            (Shown.ALL.value, _("All devices")),
        ],
        required=False,
    )
    name = forms.CharField(
        label=_("Name"), required=False, help_text=_("A part of the name, in any case.")
    )
    platform = forms.CharField(label=_("Platform"), required=False)
    group = forms.CharField(label=_("Inventory group"), required=False)
    recommended_role = forms.ChoiceField(
        label=_("Recommended role"), choices=_ROLES, required=False
    )
    assigned_role = forms.ChoiceField(label=_("Assigned role"), choices=_ROLES, required=False)

    def rules(self) -> RuleChoice:
        """Return the rules that were chosen; the form is valid."""
        return choose_rules(
            profile=self.cleaned_data["profile"],
            capability_policy=self.cleaned_data["capability_policy"],
        )

    def shown(self) -> Shown:
        """Return what to show; the form is valid."""
        return Shown(self.cleaned_data["show"] or Shown.ROLE)

    def devices(self) -> QuerySet[Device]:
        """Return the devices that are asked about; the form is valid."""
        values = self.cleaned_data
        wanted: dict[str, Any] = {}
        if values["name"]:
            wanted["name__icontains"] = values["name"]
        if values["platform"]:
            wanted["platform"] = values["platform"]
        for role in ("recommended_role", "assigned_role"):
            if values[role]:
                wanted[role] = "" if values[role] == _NONE else values[role]
        devices = Device.objects.filter(**wanted)
        return devices.in_group(values["group"]) if values["group"] else devices
