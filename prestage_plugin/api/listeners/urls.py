"""Addresses of listeners."""

from django.urls import path

from prestage_plugin.api.listeners.views import ListenerListView, ListenerView

urlpatterns = [
    path("listeners/", ListenerListView.as_view(), name="listener-list"),
    path("listeners/<int:pk>/", ListenerView.as_view(), name="listener-detail"),
]
