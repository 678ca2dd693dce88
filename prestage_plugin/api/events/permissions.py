"""Who may look at events and senders, and who may tell of changes."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

__all__ = ["MayUseEvents", "MayViewSenders"]


class MayUseEvents(BasePermission):
    """As in the admin, seeing events has its permission; telling of changes has another."""

    message = (
        "Events are read with the permission prestage.view_changeevent, and reported with "
        "prestage.add_changeevent."
    )

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        verb = "view" if request.method in SAFE_METHODS else "add"
        return request.user.has_perm(f"prestage.{verb}_changeevent")


class MayViewSenders(BasePermission):
    """As in the admin."""

    message = "You may not view unknown senders; that needs prestage.view_unknownsender."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        return request.user.has_perm("prestage.view_unknownsender")
