"""The body that makes a token."""

from rest_framework import serializers

from prestage_plugin.api.core.fields import (
    InstantField,
    StrictCharField,
    StrictRegexField,
    StrictSerializer,
)
from prestage_plugin.states import TokenScope

__all__ = ["TokenRequestSerializer"]

_NAME_LENGTH = 64
_LOGIN_LENGTH = 150


class TokenRequestSerializer(StrictSerializer):
    """What the token may do, and how its secret is recognised.

    The caller makes the secret and keeps it: `prestage_`, the prefix, `_`, and 43 characters of
    base64url that hold 256 random bits. The site never sees it.
    """

    name = StrictCharField(max_length=_NAME_LENGTH, help_text="Histories show it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices),
        allow_empty=False,
        max_length=len(TokenScope),
        help_text="What it may do, as far as its user may.",
    )
    prefix = StrictRegexField(
        r"^[a-z0-9]{12}$", help_text="The part of the secret that names the token."
    )
    digest = StrictRegexField(
        r"^[0-9a-f]{64}$", help_text="SHA-256 of the whole secret, in hexadecimal."
    )
    expires_at = InstantField(default=None, allow_null=True, help_text="Never when null.")
    user = StrictCharField(
        required=False,
        max_length=_LOGIN_LENGTH,
        help_text="Login; the own one without it, and others for superusers alone.",
    )
