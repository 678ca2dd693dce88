"""Addresses of schedules."""

from django.urls import path

from prestage_plugin.api.schedules.actions import (
    ScheduleCancelView,
    SchedulePauseView,
    ScheduleResumeView,
    ScheduleRunView,
)
from prestage_plugin.api.schedules.views import (
    RecurrencePreviewView,
    ScheduleListView,
    SchedulePreviewView,
    ScheduleView,
)

urlpatterns = [
    path("schedules/", ScheduleListView.as_view(), name="schedule-list"),
    path("schedules/preview/", RecurrencePreviewView.as_view(), name="recurrence-preview"),
    path("schedules/<int:pk>/", ScheduleView.as_view(), name="schedule-detail"),
    path("schedules/<int:pk>/cancel/", ScheduleCancelView.as_view(), name="schedule-cancel"),
    path("schedules/<int:pk>/pause/", SchedulePauseView.as_view(), name="schedule-pause"),
    path("schedules/<int:pk>/preview/", SchedulePreviewView.as_view(), name="schedule-preview"),
    path("schedules/<int:pk>/resume/", ScheduleResumeView.as_view(), name="schedule-resume"),
    path("schedules/<int:pk>/run/", ScheduleRunView.as_view(), name="schedule-run"),
]
