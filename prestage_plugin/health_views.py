"""`GET health/`: how the site is, for probes and people."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from prestage_plugin.services.health import Health, HealthStatus, health

__all__ = ["health_view"]


@never_cache
@require_safe
@transaction.non_atomic_requests
def health_view(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the site is ok or degraded, 503 when it is down.

    Details are for users with `prestage.view_job`; everybody else learns the status alone.
    """
    found = health()
    document: dict[str, Any] = {"status": str(found.status)}
    if _may_see_details(request, found):
        document = found.as_dict()
    return JsonResponse(document, status=503 if found.status is HealthStatus.DOWN else 200)


def _may_see_details(request: HttpRequest, found: Health) -> bool:
    # Who the user is stands in the database, which may be what is down.
    if any(check.name == "database" and check.status != HealthStatus.OK for check in found.checks):
        return False
    user = getattr(request, "user", None)
    return user is not None and user.has_perm("prestage.view_job")
