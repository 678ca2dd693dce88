"""ncclient's device handlers as a hardened session needs them."""

from typing import Any

from lxml import etree
from ncclient.devices.junos import JunosDeviceHandler
from ncclient.manager import make_device_handler

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.xml import local_name

__all__ = ["HardenedJunosHandler", "handler_for"]

# What other tools call the same platform.
_ALIASES = {"juniper_junos": "junos"}


def _without_namespaces(root: etree._Element) -> etree._Element:
    """Do what ncclient's style sheet for Junos does, without copying the tree three times."""
    for element in root.iter("*"):
        element.tag = local_name(element.tag)
        for name in [name for name in map(str, element.attrib) if "}" in name]:
            element.attrib[local_name(name)] = element.attrib.pop(name)
    etree.cleanup_namespaces(root)
    return root


class HardenedJunosHandler(JunosDeviceHandler):  # type: ignore[misc]  # ncclient has no types
    """Junos as users of ncclient's `Manager` know it, with replies that cost less."""

    def transform_reply(self) -> Any:
        """Return the function that strips namespaces; ncclient compiles XSLT for each reply."""
        return _without_namespaces


def handler_for(platform: str | None, parameters: dict[str, Any]) -> Any:
    """Return the device handler of a platform.

    Args:
        platform: The inventory's platform, e.g. `junos`; None for a plain NETCONF server.
        parameters: ncclient's `device_params`; a `name` or `handler` in them wins.

    Raises:
        PrestageError: `unsupported-platform` when ncclient knows no such device.
    """
    name = (platform or "default").strip().lower()
    given = {"name": _ALIASES.get(name, name)} | parameters
    if given["name"] == "junos" and "handler" not in given:
        given["handler"] = HardenedJunosHandler
    try:
        return make_device_handler(given)
    except (ImportError, AttributeError):
        raise PrestageError(
            ErrorCode.UNSUPPORTED_PLATFORM,
            f"The platform {given['name']!r} is not known; set it to junos or another one that"
            " ncclient knows.",
        ) from None
