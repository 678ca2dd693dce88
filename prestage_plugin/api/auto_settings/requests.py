"""The body that changes the settings of auto prestaging."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from prestage_plugin.api.core.fields import (
    StrictBooleanField,
    StrictFloatField,
    StrictIntegerField,
    StrictSerializer,
)
from prestage_plugin.states import ChangeSource

__all__ = ["AutoSettingsRequestSerializer"]

_LONGEST = 86_400
_SHORTEST = 0.1
_MOST_JOBS = 2**31 - 1


def _seconds(help_text: str) -> StrictFloatField:
    return StrictFloatField(
        required=False,
        allow_null=True,
        min_value=_SHORTEST,
        max_value=_LONGEST,
        help_text=f"{help_text} Null is as the site's settings say.",
    )


class AutoSettingsRequestSerializer(StrictSerializer):
    """The settings to change; the others stay as they are."""

    enabled = StrictBooleanField(
        required=False,
        allow_null=True,
        help_text="Whether devices that changed are prestaged. Null is as the site says.",
    )
    wait = _seconds("Seconds from the first event of a device until its job starts, at most.")
    idle = _seconds("Seconds without a further event after which the job starts earlier.")
    most_jobs = StrictIntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=_MOST_JOBS,
        help_text="Auto jobs at the same time, at most. Null is as the site says.",
    )
    muted_sources = serializers.ListField(
        child=serializers.ChoiceField(choices=ChangeSource.choices),
        required=False,
        max_length=len(ChangeSource),
        help_text="Events from these are recorded and start nothing.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values.

        Raises:
            ValidationError: `empty`.
        """
        if not attrs:
            raise ValidationError("Name a setting to change.", code="empty")
        return attrs
