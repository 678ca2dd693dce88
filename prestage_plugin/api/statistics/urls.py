"""Address of the statistics."""

from django.urls import path

from prestage_plugin.api.statistics.views import StatisticsView

urlpatterns = [path("statistics/", StatisticsView.as_view(), name="statistics")]
