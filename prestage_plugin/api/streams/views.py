"""`GET jobs/ID/stream/`: the progress of a job as server-sent events (WHATWG HTML, section 9.2)."""

import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from prestage_plugin.api.core.actor import user_of
from prestage_plugin.api.core.renderers import EventStreamRenderer
from prestage_plugin.api.jobs.views import JobRows
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.api.streams.documents import ProgressSerializer
from prestage_plugin.api.streams.poller import follow, unfollow, version_of
from prestage_plugin.api.streams.subscriptions import Subscription
from prestage_plugin.models import ApiToken, Job

__all__ = ["JobStreamView"]

HEARTBEAT = 15.0
"""Seconds without news after which a comment tells that the stream lives."""

LONGEST = 300.0
"""Seconds after which a stream ends, so that who follows on shows again who they are."""

RETRY = 3000
"""Milliseconds after which a client comes back."""

_EXAMPLE = OpenApiExample(
    "Two events and a heartbeat",
    value=(
        "retry: 3000\n\n"
        'id: 5fd1c16bd8a700aef861\nevent: progress\ndata: {"id":41,"state":"in-progress", ...}\n\n'
        ": \n\n"
        'id: 405e43beb6ffc1e238ee\nevent: progress\ndata: {"id":41,"state":"success", ...}\n\n'
    ),
    media_type="text/event-stream",
    response_only=True,
)


class StreamNeedsAsgi(APIException):
    """406: WSGI would keep a thread for each stream."""

    status_code = HTTPStatus.NOT_ACCEPTABLE
    default_code = "stream-needs-asgi"
    default_detail = (
        "This site does not run under ASGI, which streams need; poll the job with If-None-Match."
    )


class JobStreamView(JobRows):
    """The progress of one job."""

    renderer_classes = [EventStreamRenderer]

    @describe(
        operation_id="stream_job",
        summary="Follow a job",
        parameters=[
            OpenApiParameter(
                "Last-Event-ID",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Id of the last event that was seen: it is not told again.",
            )
        ],
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR,
                description="Events `progress`: what changes of a job, as in its document.",
            ),
            204: OpenApiResponse(description="The job has ended, and its end was seen already."),
        },
        examples=[_EXAMPLE],
    )
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """An event with the job as it is, and one for each change, until it has ended.

        The site must run under ASGI. A stream ends after some minutes even when the job has not:
        clients come back by themselves.
        """
        user = user_of(request)
        job = get_object_or_404(self.get_queryset(), pk=pk)
        if not isinstance(request._request, ASGIRequest):  # noqa: SLF001 - Django's own
            raise StreamNeedsAsgi
        seen = request.headers.get("Last-Event-ID", "")
        if job.is_terminal and seen == version_of(job):
            # What tells a browser not to come back.
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        subscription = Subscription(
            job_id=job.pk,
            user_id=user.pk,
            sees_all_jobs=user.has_perm("prestage.view_all_jobs"),
            token_id=request.auth.pk if isinstance(request.auth, ApiToken) else None,
        )
        subscription.version = seen
        subscription.tell(job, version_of(job))
        follow(subscription)
        return StreamingHttpResponse(
            _events(subscription, translation.get_language()),
            content_type="text/event-stream",
            # nginx would collect the events.
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


async def _events(subscription: Subscription, language: str | None) -> AsyncIterator[str]:
    until = time.monotonic() + LONGEST
    try:
        yield f"retry: {RETRY}\n\n"
        while not subscription.ended and time.monotonic() < until:
            news = await subscription.news(patience=HEARTBEAT)
            if news is None:
                yield ": \n\n"
                continue
            version, job = news
            yield _event(job, version, language)
            if job.is_terminal:
                return
    finally:
        unfollow(subscription)


def _event(job: Job, version: str, language: str | None) -> str:
    with translation.override(language):
        document: dict[str, Any] = dict(ProgressSerializer(job).data)
    return f"id: {version}\nevent: progress\ndata: {json.dumps(document, ensure_ascii=False)}\n\n"
