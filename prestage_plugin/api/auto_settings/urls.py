"""Address of the settings of auto prestaging."""

from django.urls import path

from prestage_plugin.api.auto_settings.views import AutoSettingsView

urlpatterns = [path("auto-settings/", AutoSettingsView.as_view(), name="auto-settings")]
