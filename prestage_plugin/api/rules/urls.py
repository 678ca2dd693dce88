"""Addresses of rules and profiles."""

from django.urls import path

from prestage_plugin.api.rules.views import ProfileListView, ProfileView, RuleListView, RuleView

urlpatterns = [
    path("rules/", RuleListView.as_view(), name="rule-list"),
    path("rules/<str:id>/", RuleView.as_view(), name="rule-detail"),
    path("profiles/", ProfileListView.as_view(), name="profile-list"),
    path("profiles/<str:name>/", ProfileView.as_view(), name="profile-detail"),
]
