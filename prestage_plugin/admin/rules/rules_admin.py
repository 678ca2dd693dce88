"""*Rules*: what they check, in words and by a sample, and which of them each profile asks."""

from dataclasses import dataclass
from typing import Any

from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nornir_tasks.rules import RULES, Profile, RuleInfo, RuleScope, profiles
from prestage_plugin.admin.entries import EntryPage, register_entry
from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.rules.samples import indented_sample
from prestage_plugin.admin.rules.trial import TrialPage
from prestage_plugin.conf import get_settings
from prestage_plugin.permissions import may_view_devices
from prestage_plugin.sentences import translate_sentence

__all__ = ["RulesPage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    rule: RuleInfo
    check: str
    description: str
    profiles: str
    sample: str


class RulesPage(TrialPage, EntryPage):
    """The rules are part of the software, so whoever may enter the admin may read them."""

    class Media:
        css = {
            "all": [
                "prestage_plugin/admin.css",
                "prestage_plugin/jobs.css",
                "prestage_plugin/roles.css",
            ]
        }
        js = [Script("prestage_plugin/trial.js", defer=True)]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody."""
        del request, obj
        return True

    def page_view(self, request: HttpRequest) -> HttpResponse:
        """List the rules and the profiles."""
        context = own_page(self, request, title=_("Rules")) | {
            "groups": [
                (_("Rules for devices"), _rows(RuleScope.DEVICE)),
                (_("Rules for interfaces"), _rows(RuleScope.INTERFACE)),
            ],
            "profiles": [(each, _differences(each)) for each in profiles()],
            "site": get_settings(),
            "may_try": may_view_devices(request.user),
        }
        return TemplateResponse(request, "admin/prestage/rules/list.html", context)


def _rows(scope: RuleScope) -> list[_Row]:
    return [
        _Row(
            rule=rule,
            check=translate_sentence(rule.check),
            description=translate_sentence(rule.description),
            profiles=", ".join(
                each.name for each in profiles() if rule.id in {*each.device_rules, *each.uni_rules}
            ),
            sample=indented_sample(rule.id),
        )
        for rule in RULES
        if rule.scope is scope
    ]


def _differences(profile: Profile) -> list[str]:
    """Return what a profile decides otherwise than others, in words."""
    words = [
        (profile.ipv6_loopback_counts, _("An IPv6 loopback is enough.")),
        (profile.bare_pe_token, _("The word PE alone in a comment names an N-PE.")),
        (profile.infer_ebgp, _("EBGP without a type is seen by the AS of the peer.")),
        (
            profile.capabilities_from_services,
            _("EVPN signaling and configured services are capabilities."),
        ),
    ]
    return [text for holds, text in words if holds]


register_entry(name="rules", title=gettext_lazy("rules"), page=RulesPage)
