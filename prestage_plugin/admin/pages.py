"""What a page of ours needs that is none of `ModelAdmin`'s."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

__all__ = ["own_page"]


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
