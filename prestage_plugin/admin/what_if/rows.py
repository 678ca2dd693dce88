"""What would become of a device, in the words of the table."""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from prestage_plugin.admin.badges import DASH, pill, role
from prestage_plugin.models import Device
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.what_if import Prospect, Standing

__all__ = ["ProspectRow", "prospect_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectRow:
    """One row; what would be another has an arrow between now and then."""

    device: Device
    role: SafeString
    reason: SafeString
    loopback: SafeString
    uni_count: SafeString
    assigned: SafeString
    would_drift: SafeString
    problem: str


def prospect_row(prospect: Prospect) -> ProspectRow:
    """Return a prospect in the words of the table."""
    now, then = prospect.now, prospect.then
    return ProspectRow(
        device=prospect.device,
        role=_from_to(_role(now), _role(then)),
        reason=_from_to(_value(now, "reason"), _value(then, "reason")),
        loopback=_from_to(_value(now, "loopback"), _value(then, "loopback")),
        uni_count=_from_to(_value(now, "uni_count"), _value(then, "uni_count")),
        assigned=role(prospect.device.assigned_role),
        would_drift=pill("drift", _("drift")) if prospect.would_drift else format_html("{}", DASH),
        problem=translate_sentence(prospect.problem.text) if prospect.problem else "",
    )


def _from_to(now: Any, then: Any) -> SafeString:
    if then is None or now == then:
        return format_html("{}", DASH if now is None else now)
    # The arrow is read out as a word.
    return format_html(
        '{} <span aria-hidden="true">→</span><span class="visually-hidden">{}</span> {}',
        DASH if now is None else now,
        _("would become"),
        then,
    )


def _role(standing: Standing | None) -> SafeString | None:
    return None if standing is None else role(standing.role)


def _value(standing: Standing | None, name: str) -> Any:
    if standing is None:
        return None
    value = getattr(standing, name)
    return DASH if value in {None, ""} else value
