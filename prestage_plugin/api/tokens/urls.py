"""Addresses of tokens."""

from django.urls import path

from prestage_plugin.api.tokens.views import (
    CurrentTokenView,
    TokenListView,
    TokenRevokeView,
    TokenView,
)

urlpatterns = [
    path("tokens/", TokenListView.as_view(), name="token-list"),
    path("tokens/current/", CurrentTokenView.as_view(), name="token-current"),
    path("tokens/<int:pk>/", TokenView.as_view(), name="token-detail"),
    path("tokens/<int:pk>/revoke/", TokenRevokeView.as_view(), name="token-revoke"),
]
