"""Pages that stand in the admin's menu beside the models, though no table belongs to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from prestage_plugin.admin.read_only import ReadOnly

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = admin.ModelAdmin

__all__ = ["EntryPage", "register_entry"]


@dataclass(frozen=True, kw_only=True)
class _Options:
    """As much of a model's `_meta` as the admin's menu and its templates read."""

    model_name: str
    verbose_name: Any
    app_label: str = "prestage"
    abstract: bool = False
    swapped: bool = False
    is_composite_pk: bool = False

    @property
    def object_name(self) -> str:
        """What replacement themes look for."""
        return self.model_name

    @property
    def verbose_name_plural(self) -> Any:
        """What the menu says."""
        return self.verbose_name

    @property
    def app_config(self) -> AppConfig:
        """The app under which it stands."""
        return apps.get_app_config(self.app_label)

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.app_label}.{self.object_name}"


class EntryPage(ReadOnly, _Base):
    """A page with an entry in the menu; its template extends `admin/prestage/entry.html`."""

    def page_view(self, request: HttpRequest) -> HttpResponse:
        """Show the page to those who may view it."""
        raise NotImplementedError

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see the page sees the menu that leads to it."""
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing to delete."""
        del request, obj
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the page's address alone."""
        view = self.admin_site.admin_view(self._guarded(self.page_view))
        return [path("", view, name=f"prestage_{self.opts.model_name}_changelist")]

    def _guarded(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """Return a view that refuses those who may not see the page."""

        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return answer


def register_entry(*, name: str, title: Any, page: type[EntryPage]) -> None:
    """Let a page stand in the menu.

    Args:
        name: Ends its address, `/admin/prestage/NAME/`.
        title: What the menu says.
        page: The page.
    """
    # The admin asks a registered class only for its `_meta`; a real model would want a table.
    entry: Any = type(
        name.capitalize(), (), {"_meta": _Options(model_name=name, verbose_name=title)}
    )
    admin.site.register([entry], page)
