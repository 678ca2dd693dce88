"""Who may use a view at all; what one may not see is 404, which is for the view's queryset."""

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from prestage_plugin.models import ApiToken
from prestage_plugin.states import TokenScope

__all__ = ["InScope", "MayViewDevices", "MayViewExceptions", "may"]


class InScope(BasePermission):
    """A token does what its scopes say, and never more than its user may; a session does all."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on.

        Raises:
            NotAuthenticated: Nobody is known by the request.
            PermissionDenied: `scope-missing`.
        """
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated
        if not isinstance(request.auth, ApiToken):
            return True
        needed = scope_of(request, view)
        if needed in request.auth.scopes:
            return True
        error = PermissionDenied(
            f"The token {request.auth.name} has not the scope {needed}.", code="scope-missing"
        )
        challenge = f'Bearer realm="prestage", error="insufficient_scope", scope="{needed}"'
        error.challenge = challenge  # type: ignore[attr-defined]
        raise error


class MayViewDevices(BasePermission):
    """As in the admin, what is known about devices is for those who may view them."""

    message = "You may not view devices; that needs the permission prestage.view_device."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        return any(request.user.has_perm(f"prestage.{verb}_device") for verb in ("view", "change"))


class MayViewExceptions(BasePermission):
    """People's exceptions for devices are for those who may view them."""

    message = "You may not view exceptions; that needs the permission prestage.view_roleexception."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        verbs = ("view", "change")
        return any(request.user.has_perm(f"prestage.{verb}_roleexception") for verb in verbs)


def may(codename: str, words: str) -> type[BasePermission]:
    """Return a permission class for views that write: reading is free.

    Args:
        codename: The permission of this app that writing needs, e.g. `run_job`.
        words: What may not be done without, e.g. `start jobs`.
    """

    class May(BasePermission):
        message = f"You may not {words}; that needs the permission prestage.{codename}."

        def has_permission(self, request: Request, view: APIView) -> bool:
            del view
            return request.method in SAFE_METHODS or request.user.has_perm(f"prestage.{codename}")

    return May


def scope_of(request: Request, view: APIView) -> TokenScope:
    """Return the scope that a request needs: `read`, or what the view's writing needs."""
    if request.method in SAFE_METHODS:
        return TokenScope.READ
    scope: TokenScope = view.write_scope  # type: ignore[attr-defined]
    return scope
