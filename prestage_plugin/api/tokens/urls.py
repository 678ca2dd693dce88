"""Addresses of tokens."""

from django.urls import path

from prestage_plugin.api.tokens.views import CurrentTokenView, TokenListView

urlpatterns = [
    path("tokens/", TokenListView.as_view(), name="token-list"),
    path("tokens/current/", CurrentTokenView.as_view(), name="token-current"),
]
