"""Addresses of events."""

from django.urls import path

from prestage_plugin.api.events.views import EventListView, UnknownSenderListView

urlpatterns = [
    path("events/", EventListView.as_view(), name="event-list"),
    path("unknown-senders/", UnknownSenderListView.as_view(), name="unknown-sender-list"),
]
