"""What a page of ours needs that is none of `ModelAdmin`'s."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["DetailsPage", "own_page"]


def own_page(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, **values: Any) -> Any:
    """Return the context of a page that extends `admin/prestage/page.html`.

    Args:
        model_admin: To whose list the page belongs.
        request: Of the page.
        **values: More of the context; `title` is wanted.
    """
    context = model_admin.admin_site.each_context(request)
    # Without the scripts of Django's own forms.
    media = forms.Media(getattr(model_admin, "Media", None))
    return context | {"opts": model_admin.opts, "media": media} | values


class DetailsPage(_Base):
    """Shows a row that has a `name` instead of a form, by the template `MODEL/details.html`."""

    def details(self, row: Any, request: HttpRequest) -> dict[str, Any]:
        """Return what the page of a row shows, beside its title."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the details of a row."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        context = own_page(self, request, title=row.name, subtitle=f"#{row.pk}")
        template = f"admin/prestage/{self.opts.model_name}/details.html"
        return TemplateResponse(request, template, context | self.details(row, request))
