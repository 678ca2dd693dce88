"""Tokens: list the own ones, read the one that is used. They are made elsewhere."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import user_of
from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.view import DocumentView, ListView
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.models import ApiToken
from prestage_plugin.states import TokenScope

__all__ = ["CurrentTokenView", "TokenListView"]

_TOKEN = OpenApiExample(
    "The token of a pipeline",
    value={
        "id": 3,
        "name": "ci",
        "prefix": "k3v9x0b2m1qz",
        "user": "alice",
        "scopes": ["read", "jobs"],
        "created_at": "2026-11-01T12:00:00Z",
        "created_by": "alice",
        "expires_at": "2027-02-01T12:00:00Z",
        "revoked_at": None,
        "last_used_at": "2026-11-23T08:15:00Z",
    },
    response_only=True,
)


class TokenSerializer(UtcModelSerializer):
    """A token without its secret."""

    user = serializers.CharField(source="user.username")
    prefix = serializers.CharField(help_text="The part of the secret that names the token.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.choices))

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "prefix",
            "user",
            "scopes",
            "created_at",
            "created_by",
            "expires_at",
            "revoked_at",
            "last_used_at",
        ]
        read_only_fields = fields


class TokenListView(ListView[ApiToken]):
    """The user's own tokens; all of them for superusers, as in the admin."""

    serializer_class = TokenSerializer
    queryset = ApiToken.objects.none()  # for the schema
    orderings = ("-id", "id")
    export_name = "tokens"
    columns = (
        *("id", "name", "prefix", "user", "scopes", "created_at", "created_by", "expires_at"),
        *("revoked_at", "last_used_at"),
    )

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Return the tokens that the user may see."""
        user = user_of(self.request)
        mine = Q() if user.is_superuser else Q(user=user)
        return ApiToken.objects.filter(mine).select_related("user")

    @describe(operation_id="list_tokens", summary="List tokens", examples=[_TOKEN])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Own tokens, revoked and expired ones too; they are made in the admin."""
        return super().get(request, *args, **kwargs)


class CurrentTokenView(DocumentView[ApiToken]):
    """The token that is used."""

    serializer_class = TokenSerializer
    queryset = ApiToken.objects.none()  # for the schema
    answers = {"get": (404,)}

    def get_object(self) -> ApiToken:
        """Return the token of the request.

        Raises:
            NotFound: It has none.
        """
        token = self.request.auth
        if not isinstance(token, ApiToken):
            raise NotFound("This request is sent with a session, not with a token.")
        return token

    @describe(operation_id="read_token", summary="Read the own token", examples=[_TOKEN])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the token may do, as far as its user may, and when it ends."""
        return super().get(request, *args, **kwargs)
