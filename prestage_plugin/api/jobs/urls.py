"""Addresses of jobs."""

from django.urls import path

from prestage_plugin.api.jobs.actions import (
    JobBulkCancelView,
    JobCancelView,
    JobForceStopView,
    JobReassignView,
    JobRetryView,
)
from prestage_plugin.api.jobs.exports import JobExportView, JobsExportView
from prestage_plugin.api.jobs.polling import poll_first
from prestage_plugin.api.jobs.views import (
    JobDeviceListView,
    JobListView,
    JobTransitionListView,
    JobView,
)

urlpatterns = [
    path("jobs/", JobListView.as_view(), name="job-list"),
    path("jobs/cancel/", JobBulkCancelView.as_view(), name="job-bulk-cancel"),
    path("jobs/export/", JobsExportView.as_view(), name="jobs-export"),
    path("jobs/<int:pk>/", poll_first(JobView.as_view()), name="job-detail"),
    path("jobs/<int:pk>/cancel/", JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<int:pk>/devices/", JobDeviceListView.as_view(), name="job-device-list"),
    path("jobs/<int:pk>/export/", JobExportView.as_view(), name="job-export"),
    path("jobs/<int:pk>/force-stop/", JobForceStopView.as_view(), name="job-force-stop"),
    path("jobs/<int:pk>/reassign/", JobReassignView.as_view(), name="job-reassign"),
    path("jobs/<int:pk>/retry/", JobRetryView.as_view(), name="job-retry"),
    path("jobs/<int:pk>/transitions/", JobTransitionListView.as_view(), name="job-transition-list"),
]
