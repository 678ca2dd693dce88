"""URLs that a site includes: `path("prestage/", include("prestage_plugin.urls"))`."""

from django.urls import include, path

from prestage_plugin.events.webhook.view import webhook_view
from prestage_plugin.health_views import health_view

app_name = "prestage"

urlpatterns = [
    path("health/", health_view, name="health"),
    path("events/webhook/<str:name>/", webhook_view, name="webhook"),
    path("api/v1/", include("prestage_plugin.api.urls")),
]
