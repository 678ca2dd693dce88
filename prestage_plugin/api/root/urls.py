"""Address of the root."""

from django.urls import path

from prestage_plugin.api.root.views import RootView

urlpatterns = [path("", RootView.as_view(), name="root")]
