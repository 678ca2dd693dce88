"""URLs of the ready-made site."""

from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

admin.site.site_header = admin.site.site_title = _("Prestaging")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("prestage/", include("prestage_plugin.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
