"""The dashboard and its small sister, for the index pages of a site's admin."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from prestage_plugin.admin.dashboard.numbers import box_context, dashboard_context
from prestage_plugin.admin.preferences import zone_of
from prestage_plugin.permissions import may_view_jobs

register = template.Library()


@register.simple_tag(takes_context=True)
def prestage_dashboard(context: dict[str, Any]) -> SafeString:
    """Show jobs, devices, failures and health, in the zone of whoever looks."""
    request: HttpRequest = context["request"]
    with timezone.override(zone_of(request)):
        values = dashboard_context(request.user)
        values["may_refresh"] = may_view_jobs(request.user)
        return render_to_string("admin/prestage/dashboard/dashboard.html", values, request)


@register.simple_tag(takes_context=True)
def prestage_box(context: dict[str, Any]) -> SafeString:
    """Show the most important numbers, with a link to the dashboard; nothing to strangers."""
    request: HttpRequest = context["request"]
    with timezone.override(zone_of(request)):
        values = box_context(request.user)
        if not values:
            return SafeString("")
        return render_to_string("admin/prestage/dashboard/box.html", values, request)
