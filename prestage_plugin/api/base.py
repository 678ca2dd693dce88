"""What every view of the API has in common."""

from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from prestage_plugin.api.parsing import HostileJSONParser
from prestage_plugin.api.problems import answer_problem
from prestage_plugin.permissions import may_run

__all__ = ["MayRunToWrite", "MayViewDevices", "NothingHereView", "PrestageView"]


class MayRunToWrite(BasePermission):
    """Reading is free, writing is for those who may start jobs."""

    message = "You may not start jobs; that needs the permission prestage.run_job."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        return request.method in SAFE_METHODS or may_run(request.user)


class MayViewDevices(BasePermission):
    """As in the admin, what is known about devices is for those who may view them."""

    message = "You may not view devices; that needs the permission prestage.view_device."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        return any(request.user.has_perm(f"prestage.{verb}_device") for verb in ("view", "change"))


class PrestageView(APIView):
    """The base of all views: JSON only, for known users, every error a problem document.

    Authentication is the site's; the rest is set here so that a site's settings for its own API
    do not change ours.
    """

    parser_classes = [HostileJSONParser]
    renderer_classes = [JSONRenderer]
    permission_classes = [IsAuthenticated]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Return the handler that makes problem documents."""
        return answer_problem


class NothingHereView(PrestageView):
    """404 as a problem document for every other address below the API."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every method alike.

        Raises:
            NotFound: Always, once the user is known.
        """
        super().initial(request, *args, **kwargs)
        hint = "" if request.path.endswith("/") else " Addresses end with a slash."
        raise NotFound(f"There is nothing at this address.{hint}")
