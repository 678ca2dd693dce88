"""Address of the classification."""

from django.urls import path

from prestage_plugin.api.classify.views import ClassifyView

urlpatterns = [path("classify/", ClassifyView.as_view(), name="classify")]
