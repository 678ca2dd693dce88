"""Why a device gets its role, and what can be done next."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from prestage_plugin.admin.badges import verdict
from prestage_plugin.admin.devices.details import result_of
from prestage_plugin.admin.paginator import page_number_in
from prestage_plugin.models import Device
from prestage_plugin.permissions import may_assign, may_run

__all__ = ["INTERFACES_PER_PAGE", "evidence_context"]

INTERFACES_PER_PAGE = 200
"""A form takes a limited number of fields, and a router has thousands of interfaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An action of the list for this device alone.

    Attributes:
        action: Its name.
        label: What it says.
    """

    action: str
    label: str


def evidence_context(device: Device, request: HttpRequest) -> dict[str, Any]:
    """Return the rules with their verdicts, a page of the interfaces, and buttons.

    Args:
        device: The device.
        request: Its query string has the page, `interfaces`.
    """
    result = result_of(device)
    interfaces = Paginator(result.get("interfaces", []), INTERFACES_PER_PAGE)
    page = interfaces.get_page(page_number_in(request, "interfaces"))
    overridden = {
        each.value: each for each in device.exceptions.exclude(value="").exclude(kind="loopback")
    }
    return {
        "device": device,
        "evaluation": result,
        "rules": [(verdict(rule["verdict"]), rule) for rule in result.get("rules", ())],
        "interfaces": [
            (verdict(each["verdict"]), each, overridden.get(each["name"])) for each in page
        ],
        "interface_page": page,
        "buttons": _buttons(device, request),
    }


def _buttons(device: Device, request: HttpRequest) -> list[Button]:
    buttons = []
    if may_assign(request.user):
        if device.assignable:
            buttons.append(Button(action="assign_roles", label=_("Assign…")))
        if device.assigned_role:
            buttons.append(Button(action="unassign_roles", label=_("Take the role back…")))
    if may_run(request.user) and device.in_inventory:
        buttons.append(Button(action="prestage_devices", label=_("Prestage now…")))
    return buttons
