"""Addresses of events."""

from django.urls import path

from prestage_plugin.api.events.senders import UnknownSenderListView, UnknownSenderView
from prestage_plugin.api.events.views import EventListView

urlpatterns = [
    path("events/", EventListView.as_view(), name="event-list"),
    path("unknown-senders/", UnknownSenderListView.as_view(), name="unknown-sender-list"),
    path("unknown-senders/<int:pk>/", UnknownSenderView.as_view(), name="unknown-sender-detail"),
]
