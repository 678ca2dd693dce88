"""A poll of a job that saw nothing new, answered before anything else is built.

`poll_first` stands before the view of a job. It knows one answer, 304, and only for programs with
a token that have the newest version; whatever else it meets, and every doubt, it leaves to the
view, which does everything again from the start. It authenticates, asks for the scope and the
visibility of the job, and counts against the limit as the view would.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers

from prestage_plugin.api.core.authentication import secret_of
from prestage_plugin.api.core.callers import Caller, caller_of
from prestage_plugin.api.core.conditional import entity_tag, is_known
from prestage_plugin.api.core.throttling import may_read
from prestage_plugin.api.core.view import CACHE_CONTROL, VARY
from prestage_plugin.services.job_version import JobVersion, read_job_version

__all__ = ["poll_first"]

_View = Callable[..., HttpResponseBase]
_JSON = {"", "*/*", "application/json", "application/json, */*"}
"""What most programs send as `Accept`; whether another fits is for the view to say."""


def poll_first(view: _View) -> _View:
    """Return a view that answers polls that saw nothing new, and has the other for the rest.

    Args:
        view: Of one job.
    """

    @wraps(view)
    def answer(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
        try:
            tag = _known_tag(request, pk)
        except DatabaseFault:
            tag = None  # the view says so in a problem document
        if tag is None:
            return view(request, pk=pk, **kwargs)
        response = HttpResponseNotModified(headers={"ETag": tag, "Cache-Control": CACHE_CONTROL})
        patch_vary_headers(response, VARY)
        return response

    return answer


def _known_tag(request: HttpRequest, job_id: int) -> str | None:
    """Return the tag of the job when the caller has it already and may be told so."""
    headers = request.META
    # An asterisk fits every job, also at an address with parameters that there are not.
    if request.method != "GET" or headers.get("HTTP_IF_NONE_MATCH", "*").strip() == "*":
        return None
    secret = secret_of(headers.get("HTTP_AUTHORIZATION", ""))
    if secret is None or headers.get("HTTP_ACCEPT", "") not in _JSON:
        return None
    version = read_job_version(job_id)
    if version is None:
        return None
    # Of the whole address: who has the tag got it from the view for these very parameters.
    tag = entity_tag(request, version.values)
    if not is_known(request, tag):
        return None
    caller = caller_of(secret)
    return tag if caller is not None and _may(caller, version) else None


def _may(caller: Caller, version: JobVersion) -> bool:
    visible = caller.sees_all_jobs or version.owner_id == caller.user_id
    # Counted last, since what is left to the view is counted there.
    return visible and may_read(token_id=caller.token_id)
