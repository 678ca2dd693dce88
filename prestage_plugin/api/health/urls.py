"""The address of the site's health."""

from django.urls import path

from prestage_plugin.api.health.views import HealthView

urlpatterns = [path("health/", HealthView.as_view(), name="health")]
