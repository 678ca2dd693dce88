"""Tokens: list, make, read, revoke; read the one that is used."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import user_of
from prestage_plugin.api.core.audit import note_edit
from prestage_plugin.api.core.fields import NothingSerializer
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.permissions import InScope, may
from prestage_plugin.api.core.view import DocumentView, ListView, RowsView
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.api.tokens.documents import TokenSerializer
from prestage_plugin.api.tokens.examples import CREATE, REVOKED, TOKEN
from prestage_plugin.api.tokens.requests import TokenRequestSerializer
from prestage_plugin.errors import Refused
from prestage_plugin.models import ApiToken
from prestage_plugin.services.tokens import register_token, revoke_token
from prestage_plugin.states import TokenScope

__all__ = ["CurrentTokenView", "TokenListView", "TokenRevokeView", "TokenView"]

# As in the admin, where whoever may make tokens may end the own ones.
_MayMake = may("add_apitoken", "make or revoke tokens")
_ID = {"id": "$response.body#/id"}
_FIRST = {"id": "$response.body#/results/0/id"}


class _TokenRows(RowsView[ApiToken]):
    serializer_class = TokenSerializer
    queryset = ApiToken.objects.none()  # for the schema
    permission_classes = [InScope, _MayMake]
    write_scope = TokenScope.SITE

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Return the own tokens; all of them for superusers, as in the admin."""
        user = user_of(self.request)
        mine = Q() if user.is_superuser else Q(user=user)
        return ApiToken.objects.filter(mine).select_related("user")


class TokenListView(_TokenRows, ListView[ApiToken]):
    """The tokens that the user may see, and a place to make one."""

    orderings = ("-id", "id")
    export_name = "tokens"
    columns = (
        *("id", "name", "prefix", "user", "scopes", "created_at", "created_by", "expires_at"),
        *("revoked_at", "last_used_at"),
    )
    answers = {"post": (409,)}
    idempotent = ("post",)
    operation_links = {
        "get": (Link(name="read", status=200, operation="read_token", parameters=_FIRST),),
        "post": (
            Link(name="read", status=201, operation="read_token", parameters=_ID),
            Link(name="revoke", status=201, operation="revoke_token", parameters=_ID),
        ),
    }

    @describe(operation_id="list_tokens", summary="List tokens", examples=[TOKEN])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Own tokens, all of them for superusers; revoked and expired ones too."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="create_token",
        summary="Make a token",
        request=TokenRequestSerializer,
        responses={201: TokenSerializer},
        examples=[CREATE, TOKEN],
    )
    def post(self, request: Request) -> Response:
        """The caller makes the secret and sends its digest, so that it is in no answer and no log.

        A token can make tokens that may no more than itself and last no longer. 409 when there is
        one of the name (`token-exists`) or of the prefix (`prefix-taken`).
        """
        return answer_once(request, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        body = TokenRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        user = _owner(user_of(request), values.pop("user", None))
        maker = request.auth if isinstance(request.auth, ApiToken) else None
        by = user_of(request).get_username()
        with transaction.atomic():
            token = register_token(user=user, created_by=by, maker=maker, **values)
            _note(request, token, "Made.", "added")
        document = self.get_serializer(token).data
        headers = {"Location": document["links"]["self"]}
        return Response(document, status=status.HTTP_201_CREATED, headers=headers)


class TokenView(_TokenRows, DocumentView[ApiToken]):
    """One token."""

    operation_links = {
        "get": (Link(name="revoke", status=200, operation="revoke_token", parameters=_ID),)
    }

    @describe(operation_id="read_token", summary="Read a token", examples=[TOKEN])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What it may do, who made it, when it ends and when it was used last."""
        return super().get(request, *args, **kwargs)


class TokenRevokeView(_TokenRows):
    """Ends a token; repeating it gives the same answer."""

    operation_links = {
        "post": (Link(name="read", status=200, operation="read_token", parameters=_ID),)
    }

    @describe(
        operation_id="revoke_token",
        summary="Revoke a token",
        request=NothingSerializer,
        responses=TokenSerializer,
        examples=[REVOKED],
    )
    def post(self, request: Request, pk: int) -> Response:
        """For good; it stays in the list, for histories name it.

        For a few seconds it can still poll a job, and do nothing else.
        """
        token = get_object_or_404(self.get_queryset(), pk=pk)
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        with transaction.atomic():
            if revoke_token(token_id=pk):
                _note(request, token, "Revoked.", "changed")
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data)


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

    @describe(operation_id="read_current_token", summary="Read the own token", examples=[TOKEN])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the token may do, as far as its user may, and when it ends."""
        return super().get(request, *args, **kwargs)


def _owner(maker: User, login: str | None) -> User:
    """Return whose the token is to be.

    Raises:
        PermissionDenied: `permission-denied`, for somebody else's.
        Refused: `unknown-user`.
    """
    if login in {None, maker.get_username()}:
        return maker
    if not maker.is_superuser:
        # A token for somebody else would be a way to somebody else's permissions.
        raise PermissionDenied("You may make tokens for yourself only.")
    user = User.objects.filter(username=login, is_active=True).first()
    if user is None:
        raise Refused("unknown-user", f"There is no active user {login}.")
    return user


def _note(request: Request, token: ApiToken, text: str, kind: Any) -> None:
    note_edit(request, model=ApiToken, rows={token.pk: str(token)}, text=text, kind=kind)
