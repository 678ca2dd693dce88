"""URLs of the site that the browser tests look at."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from prestage_plugin.site.urls import urlpatterns as of_the_site


def no_icon(_request: HttpRequest) -> HttpResponse:
    """Answer the request that every browser makes; a 404 would be an error in its console."""
    return HttpResponse(status=204)


urlpatterns = [path("favicon.ico", no_icon), *of_the_site]
