"""The part of the dashboard that refreshes by itself."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from prestage_plugin.admin.dashboard.numbers import live_context

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["DashboardPart"]


class DashboardPart(_Base):
    """Mixed in front of the `ModelAdmin` of jobs, in whose zone and under whose address it is."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address."""
        view = self.admin_site.admin_view(self.dashboard_view)
        return [path("dashboard/", view, name="prestage_job_dashboard"), *super().get_urls()]

    def dashboard_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the numbers as they are now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = live_context(request.user)
        return TemplateResponse(request, "admin/prestage/dashboard/live.html", context)
