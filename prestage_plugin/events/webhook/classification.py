"""Find out what a body says, and which of it is worth an event."""

from dataclasses import replace
from typing import Any

from prestage_plugin.conf import PrestageSettings
from prestage_plugin.events.webhook.bodies.generic import is_generic_body, read_generic_body
from prestage_plugin.events.webhook.bodies.inventory import is_inventory_body, read_inventory_body
from prestage_plugin.events.webhook.bodies.message import Ignored, Message
from prestage_plugin.events.webhook.refusal import Refusal, RefusalCode

__all__ = ["MOST_DEVICES", "classify"]

MOST_DEVICES = 1000
"""Devices that one message may name."""


def classify(document: dict[str, Any], *, site: PrestageSettings) -> Message:
    """Return what the body says, less what the loop guard takes out.

    Args:
        document: The body.
        site: `auto_ignored_users` and `webhook_own_keys` count.

    Raises:
        Refusal: It names too many devices.
    """
    message = _read(document, site)
    named = len(message.subjects)
    if named > MOST_DEVICES:
        raise Refusal(
            RefusalCode.TOO_MANY_DEVICES,
            f"The body names {named} devices; send at most {MOST_DEVICES} at once.",
        )
    if message.actor and message.actor in site.auto_ignored_users:
        return replace(message, subjects=(), ignored={**message.ignored, Ignored.USER: named})
    return message


def _read(document: dict[str, Any], site: PrestageSettings) -> Message:
    if is_generic_body(document):
        return read_generic_body(document)
    if is_inventory_body(document):
        return read_inventory_body(document, own_keys=site.webhook_own_keys)
    return Message(ignored={Ignored.NOT_UNDERSTOOD: 1})
