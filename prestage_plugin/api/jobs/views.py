"""Jobs: list, start, read; their devices and history."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of, user_of
from prestage_plugin.api.core.idempotency import answer_once, idempotency_key_of
from prestage_plugin.api.core.permissions import InScope, may
from prestage_plugin.api.core.view import DocumentView, ListView, PrestageView
from prestage_plugin.api.jobs.documents import (
    JobDeviceSerializer,
    JobSerializer,
    TransitionSerializer,
    with_running,
)
from prestage_plugin.api.jobs.examples import (
    JOB,
    JOB_DEVICE,
    START_FILTERED,
    START_LATER,
    START_NAMED,
    TRANSITION,
)
from prestage_plugin.api.jobs.filters import JobDeviceFilters, JobFilters
from prestage_plugin.api.jobs.requests import JobRequestSerializer
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Job, JobDevice, JobTransition
from prestage_plugin.services.job_version import read_job_version
from prestage_plugin.services.submit import submit_job

__all__ = [
    "RETRY_AFTER",
    "JobDeviceListView",
    "JobListView",
    "JobRows",
    "JobTransitionListView",
    "JobView",
    "MayRun",
]

RETRY_AFTER = "2"
"""Seconds after which it is worth to look at a job again."""

MayRun = may("run_job", "start jobs")

_ID = {"id": "$response.body#/id"}
_FIRST = (
    Link(
        name="read",
        status=200,
        operation="read_job",
        parameters={"id": "$response.body#/results/0/id"},
    ),
)
_FOLLOW = (
    Link(name="read", status=202, operation="read_job", parameters=_ID),
    Link(name="cancel", status=202, operation="cancel_job", parameters=_ID),
    Link(name="devices", status=202, operation="list_job_devices", parameters=_ID),
)


class JobRows(PrestageView, generics.GenericAPIView[Job]):
    """The jobs that the user may see, for views of any kind."""

    serializer_class = JobSerializer
    queryset = Job.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Job]:
        """Return the jobs that the user may see."""
        return with_running(Job.objects.visible_to(self.request.user))

    def document(self, job_id: int) -> dict[str, Any]:
        """Return a job as it is now."""
        job = self.get_queryset().get(pk=job_id)
        return dict(JobSerializer(job, context=self.get_serializer_context()).data)

    def answer_started(self, job: Job) -> Response:
        """Answer 202 with a job that was accepted."""
        document = self.document(job.pk)
        return Response(
            document,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": document["links"]["self"], "Retry-After": RETRY_AFTER},
        )


class JobListView(JobRows, ListView[Job]):
    """The jobs that the user may see, newest first; and a place to start one."""

    permission_classes = [InScope, MayRun]
    filterset_class = JobFilters
    orderings = ("-id", "id", "-scheduled_for", "scheduled_for")
    export_name = "jobs"
    columns = (
        *("id", "name", "job_type", "state", "percent", "counts.total", "counts.failed"),
        *("summary", "user", "created_at", "scheduled_for", "started_at", "ended_at"),
    )
    idempotent = ("post",)
    operation_links = {"get": _FIRST, "post": _FOLLOW}

    @describe(operation_id="list_jobs", summary="List jobs", examples=[JOB])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Own jobs, or all with the permission `view_all_jobs`."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="start_job",
        summary="Start a job",
        request=JobRequestSerializer,
        responses={202: JobSerializer},
        examples=[START_NAMED, START_FILTERED, START_LATER, JOB],
    )
    def post(self, request: Request) -> Response:
        """It is accepted at once and carried out by workers; `Location` says where to look."""
        return answer_once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        body = JobRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        job = submit_job(
            request=body.as_request(),
            user=user_of(request),
            idempotency_key=idempotency_key_of(request),
            actor=actor_of(request),
        )
        return self.answer_started(job)


class JobView(JobRows, DocumentView[Job]):
    """One job."""

    operation_links = {
        "get": (
            Link(name="cancel", status=200, operation="cancel_job", parameters=_ID),
            Link(name="devices", status=200, operation="list_job_devices", parameters=_ID),
        )
    }

    @describe(operation_id="read_job", summary="Read a job", examples=[JOB])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Poll it with `If-None-Match` until `state` is success, failure or cancelled."""
        return super().get(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with the document, or 304 for one query.

        Raises:
            Http404: There is no such job, or none that the user may see.
        """
        del args
        job_id: int = kwargs["pk"]
        # Before the document: a tag that is older than it costs one poll, a newer one the news.
        version = read_job_version(job_id)
        user = user_of(request)
        if version is None or not (
            version.owner_id == user.pk or user.has_perm("prestage.view_all_jobs")
        ):
            raise Http404
        return self.answer_unless_known(version.values, lambda: Response(self._document()))

    def _document(self) -> dict[str, Any]:
        return dict(self.get_serializer(self.get_object()).data)


class JobDeviceListView(ListView[JobDevice]):
    """The devices of one job, by name."""

    serializer_class = JobDeviceSerializer
    queryset = JobDevice.objects.none()  # for the schema
    filterset_class = JobDeviceFilters
    orderings = ("device_name", "-device_name")
    export_name = "devices"
    columns = (
        *("device", "state", "role_before", "recommended_role", "assigned_role", "reason"),
        *("loopback", "uni_count", "excluded_count", "error.code", "error.text", "attempt"),
        *("started_at", "ended_at"),
    )

    def get_queryset(self) -> QuerySet[JobDevice]:
        """Return the rows; 404 for a job that one may not see."""
        jobs = Job.objects.visible_to(self.request.user).only("pk")
        return JobDevice.objects.filter(job=get_object_or_404(jobs, pk=self.kwargs["pk"]))

    @describe(
        operation_id="list_job_devices",
        summary="List the devices of a job",
        examples=[JOB_DEVICE],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What the job found out about each device, and why it failed."""
        return super().get(request, *args, **kwargs)


class JobTransitionListView(ListView[JobTransition]):
    """The history of one job, oldest first."""

    serializer_class = TransitionSerializer
    queryset = JobTransition.objects.none()  # for the schema
    orderings = ("id", "-id")
    export_name = "transitions"
    columns = ("id", "at", "from_state", "to_state", "actor", "reason")

    def get_queryset(self) -> QuerySet[JobTransition]:
        """Return the rows; 404 for a job that one may not see."""
        jobs = Job.objects.visible_to(self.request.user).only("pk")
        return JobTransition.objects.filter(job=get_object_or_404(jobs, pk=self.kwargs["pk"]))

    @describe(
        operation_id="list_job_transitions",
        summary="List what happened to a job",
        examples=[TRANSITION],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Who did what, when and why; nothing of it is ever changed."""
        return super().get(request, *args, **kwargs)
