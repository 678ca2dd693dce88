"""Address of what other rules would recommend."""

from django.urls import path

from prestage_plugin.api.what_if.views import WhatIfView

urlpatterns = [path("what-if/", WhatIfView.as_view(), name="what-if")]
