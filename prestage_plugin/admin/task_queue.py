"""django-q2's own pages, for superusers only.

A schedule or a task names any Python function, and a worker calls it: whoever may write there can
run code on the worker hosts (dependency-traps A.6). A permission given by mistake must not be
enough.
"""

from typing import TYPE_CHECKING

import django_q.admin  # noqa: F401 - registers the pages that are locked here
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

__all__ = ["lock_task_queue"]


if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Model]
else:
    _Base = object


class SuperuserOnly(_Base):
    """Mixed in front of a `ModelAdmin`: lets superusers in and nobody else."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the pages to superusers only."""
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let superusers look."""
        return _is_superuser(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let superusers add what django-q2 allows to add."""
        return _is_superuser(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let superusers change."""
        return _is_superuser(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let superusers delete."""
        return _is_superuser(request) and super().has_delete_permission(request, obj)


def lock_task_queue(site: admin.AdminSite = admin.site) -> None:
    """Register django-q2's pages anew, so that only superusers reach them."""
    for model in apps.get_app_config("django_q").get_models():
        registered = site.get_model_admin(model) if site.is_registered(model) else None
        if registered is None or isinstance(registered, SuperuserOnly):
            continue
        locked = type(f"Locked{type(registered).__name__}", (SuperuserOnly, type(registered)), {})
        site.unregister(model)
        site.register(model, locked)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


lock_task_queue()
