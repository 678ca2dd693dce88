"""URLs that a site includes: `path("prestage/", include("prestage_plugin.urls"))`."""

from django.urls import include, path

app_name = "prestage"

urlpatterns = [
    path("api/v1/", include("prestage_plugin.api.urls")),
]
