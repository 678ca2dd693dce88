"""The rows of the list of jobs that change, as they are now."""

from copy import copy
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import results
from django.contrib.admin.utils import lookup_field
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from prestage_plugin.admin.badges import DASH
from prestage_plugin.admin.jobs.columns import live_marks
from prestage_plugin.models import Job

if TYPE_CHECKING:
    from prestage_plugin.admin.columns import ChoosableColumns

__all__ = ["new_rows", "rows_context"]

MOST_ROWS = 200
"""Of one request; a page of the list has fewer."""

_MOST_DIGITS = 18
_LINKS = {"job_id", "job_name"}
"""Columns that never change, and that hold the links."""


def new_rows(
    model_admin: "ChoosableColumns", jobs: QuerySet[Job], request: HttpRequest
) -> dict[str, Any]:
    """Return whole rows of the jobs that the list would show above its first row (`after`).

    Only a list in its own order, on its first page, has such a place; its filters and its search
    (`list`, its query string) hold for new jobs as well.

    Args:
        model_admin: Of the list.
        jobs: What the user may see.
        request: Asks for it.
    """
    text = request.GET.get("after", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return {}
    # One look into an index while there is nothing new.
    newest = jobs.filter(pk__gt=int(text)).order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return {}
    plain = copy(request)
    plain.GET = QueryDict(request.GET.get("list", ""))
    try:
        changes = model_admin.get_changelist_instance(plain)
    except IncorrectLookupParameters:
        return {"newest": newest}
    changes.formset = None
    found = zip(changes.result_list, results(changes), strict=True)
    return {
        "newest": newest,
        "new_rows": [(live_marks(job), job, row) for job, row in found if job.pk > int(text)],
    }


def rows_context(
    model_admin: "ChoosableColumns", jobs: QuerySet[Job], text: str, request: HttpRequest
) -> dict[str, Any]:
    """Return the context of the fragment.

    Args:
        model_admin: Whose columns are shown.
        jobs: What the user may see.
        text: Ids, with commas between them; what is none is left out.
        request: Tells whose columns.
    """
    words = (word for word in text.split(",")[:MOST_ROWS])
    numbers = [int(word) for word in words if word.isascii() and word.isdigit()][:MOST_ROWS]
    shown = [name for name in model_admin.get_list_display(request) if name not in _LINKS]
    rows = jobs.filter(pk__in=[number for number in numbers if number < 10**_MOST_DIGITS])
    return {
        "rows": [
            (
                live_marks(job),
                [(name, lookup_field(name, job, model_admin)[2] or DASH) for name in shown],
            )
            for job in rows.order_by("-id")
        ]
    }
