"""Addresses of recommendations."""

from django.urls import path

from prestage_plugin.api.recommendations.views import (
    RecommendationAssignView,
    RecommendationListView,
)

urlpatterns = [
    path("recommendations/", RecommendationListView.as_view(), name="recommendation-list"),
    path(
        "recommendations/assign/",
        RecommendationAssignView.as_view(),
        name="recommendation-assign",
    ),
]
