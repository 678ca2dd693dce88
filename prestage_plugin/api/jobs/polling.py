"""Polls of a job, answered before anything else is built.

`poll_first` stands before the view of a job. It knows two answers for those who send
`If-None-Match`: 304 when they have the newest version, and the newest version itself when it
was written for somebody else a moment ago, for a thousand clients that follow one job ask for the
same text. Whatever else it meets, and every doubt, it leaves to the view, which does everything
again from the start. It authenticates, asks for the scope and the visibility of the job, and counts
against the limit as the view would.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers

from prestage_plugin.api.core.callers import Caller, caller_of
from prestage_plugin.api.core.conditional import entity_tag, is_known
from prestage_plugin.api.core.throttling import may_read
from prestage_plugin.api.core.view import CACHE_CONTROL, VARY
from prestage_plugin.services.job_version import JobVersion, read_job_version

__all__ = ["forget_bodies", "poll_first"]

_View = Callable[..., HttpResponseBase]
_JSON = {"", "*/*", "application/json", "application/json, */*"}
"""What most programs send as `Accept`; whether another fits is for the view to say."""

_MOST_BODIES = 256
_bodies: OrderedDict[str, bytes] = OrderedDict()
"""What was answered, by entity tag: state of the job, address, language. Nothing in it depends on
who asked."""


def poll_first(view: _View) -> _View:
    """Return a view that answers most polls itself, and has the other for the rest.

    Args:
        view: Of one job.
    """

    @wraps(view)
    def answer(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
        try:
            response = _answer_poll(request, pk)
        except DatabaseFault:
            response = None  # the view says so in a problem document
        if response is not None:
            return response
        full = view(request, pk=pk, **kwargs)
        if _is_shared(request, full):
            # The view has rendered it, or will when the middleware asks it to.
            full.add_post_render_callback(_keep)  # type: ignore[attr-defined]
        return full

    return answer


def forget_bodies() -> None:
    """Forget what this process has answered."""
    _bodies.clear()


def _answer_poll(request: HttpRequest, job_id: int) -> HttpResponse | None:
    headers = request.META
    # An asterisk fits every job, also at an address with parameters that there are not.
    if request.method != "GET" or headers.get("HTTP_IF_NONE_MATCH", "*").strip() == "*":
        return None
    if headers.get("HTTP_ACCEPT", "") not in _JSON:
        return None
    version = read_job_version(job_id)
    if version is None:
        return None
    # Of the whole address: who has the tag got it from the view for these very parameters.
    tag = entity_tag(request, version.values)
    known, body = is_known(request, tag), _bodies.get(tag)
    if not known and body is None:
        return None
    caller = caller_of(request)
    if caller is None or not _may(caller, version):
        return None
    response = HttpResponseNotModified() if known else HttpResponse(body, "application/json")
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = CACHE_CONTROL
    patch_vary_headers(response, VARY)
    return response


def _may(caller: Caller, version: JobVersion) -> bool:
    visible = caller.sees_all_jobs or version.owner_id == caller.user_id
    # Counted last, since what is left to the view is counted there.
    return visible and may_read(caller.counted_as)


def _is_shared(request: HttpRequest, response: HttpResponseBase) -> bool:
    plain = request.META.get("HTTP_ACCEPT", "") in _JSON
    return request.method == "GET" and plain and response.status_code == HttpResponse.status_code


def _keep(response: HttpResponse) -> None:
    _bodies[response.headers["ETag"]] = response.content
    if len(_bodies) > _MOST_BODIES:
        _bodies.popitem(last=False)
