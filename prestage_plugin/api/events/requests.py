"""The body that tells of changes."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from prestage_plugin.api.core.fields import StrictCharField, StrictSerializer
from prestage_plugin.events.webhook.classification import MOST_DEVICES

__all__ = ["EventRequestSerializer"]

_NAME_LENGTH = 255


def _names(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=StrictCharField(max_length=_NAME_LENGTH),
        required=False,
        max_length=MOST_DEVICES,
        help_text=help_text,
    )


class EventRequestSerializer(StrictSerializer):
    """Which devices changed: by name, by address, or both; one of them at least."""

    devices = _names("Names, with or without a domain.")
    addresses = _names("Management addresses or loopbacks.")
    user = StrictCharField(
        required=False, allow_blank=True, max_length=150, help_text="Login of who changed them."
    )
    detail = StrictCharField(
        required=False,
        allow_blank=True,
        max_length=1000,
        help_text="What happened; the first 120 characters are kept.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values.

        Raises:
            ValidationError: `empty` or `max-length`.
        """
        named = len(attrs.get("devices", [])) + len(attrs.get("addresses", []))
        if not named:
            raise ValidationError("Name a device or an address.", code="empty")
        if named > MOST_DEVICES:
            raise ValidationError(f"Name at most {MOST_DEVICES} devices.", code="max_length")
        return attrs
