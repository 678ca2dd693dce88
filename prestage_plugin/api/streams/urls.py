"""The address of streams."""

from django.urls import path

from prestage_plugin.api.streams.views import JobStreamView

urlpatterns = [path("jobs/<int:pk>/stream/", JobStreamView.as_view(), name="job-stream")]
