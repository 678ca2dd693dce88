"""The body that confirms recommendations."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from prestage_plugin.api.core.fields import StrictBooleanField, StrictIntegerField, StrictSerializer
from prestage_plugin.api.devices.requests import MOST_DEVICES
from prestage_plugin.states import RoleChoice

__all__ = ["ConfirmSerializer"]


class ConfirmSerializer(StrictSerializer):
    """Which recommendations to confirm: `ids`, or `all` of those that can be."""

    ids = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=MOST_DEVICES,
        required=False,
        help_text="Ids of devices.",
    )
    all = StrictBooleanField(
        default=False, help_text="Everything that can be confirmed and is in the inventory."
    )
    recommended_role = serializers.ChoiceField(
        choices=[(role.value, role.label) for role in (RoleChoice.N_PE, RoleChoice.P)],
        required=False,
        help_text="With `all`: of this role only.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that it is one of both.

        Raises:
            ValidationError: `invalid`.
        """
        if ("ids" in attrs) == attrs["all"] or ("ids" in attrs and "recommended_role" in attrs):
            text = "Give either `ids`, or `all` as true with or without `recommended_role`."
            raise ValidationError([ErrorDetail(text, code="invalid")])
        return attrs
