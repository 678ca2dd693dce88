"""Who edited what, in the history that Django's admin shows of each object."""

from collections.abc import Mapping
from typing import Literal

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from rest_framework.request import Request

from prestage_plugin.api.core.actor import user_of
from prestage_plugin.models import ApiToken

__all__ = ["note_edit"]

_NAME_LENGTH = 200

Edit = Literal["added", "changed", "removed"]


def note_edit(
    request: Request,
    *,
    model: type[Model],
    rows: Mapping[int, str],
    text: str,
    kind: Edit = "changed",
) -> None:
    """Write into the history of rows who edited them, with the name of the token that was used.

    For what has no history of its own; a site without Django's admin has none of this either.

    Args:
        request: Who edits.
        model: Of the rows.
        rows: Their names by primary key.
        text: What was done, one sentence.
        kind: Whether the rows are new, were changed or are gone.
    """
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import (  # noqa: PLC0415 - only when installed
        ADDITION,
        CHANGE,
        DELETION,
        LogEntry,
    )

    flag = {"added": ADDITION, "changed": CHANGE, "removed": DELETION}[kind]
    content_type = ContentType.objects.get_for_model(model)
    LogEntry.objects.bulk_create(
        LogEntry(
            user=user_of(request),
            content_type=content_type,
            object_id=str(pk),
            object_repr=name[:_NAME_LENGTH],
            action_flag=flag,
            change_message=f"{text}{_means(request)}",
        )
        for pk, name in rows.items()
    )


def _means(request: Request) -> str:
    if isinstance(request.auth, ApiToken):
        return f" (API, token {request.auth.name})"
    return " (API)"
