"""Who may look at events and senders, and who may tell of changes."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

__all__ = ["MayUseEvents", "MayUseSenders"]


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


class MayUseSenders(BasePermission):
    """As in the admin, seeing unknown senders has its permission; forgetting them has another."""

    message = (
        "Unknown senders are read with the permission prestage.view_unknownsender, and forgotten "
        "with prestage.delete_unknownsender."
    )

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        verb = "view" if request.method in SAFE_METHODS else "delete"
        return request.user.has_perm(f"prestage.{verb}_unknownsender")
