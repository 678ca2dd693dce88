"""Jobs: list, create, read, cancel, and their devices."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from nornir_tasks.errors import ErrorCode
from prestage_plugin.api.base import MayRunToWrite, PrestageView
from prestage_plugin.api.job_documents import JobDeviceSerializer, JobSerializer, with_running
from prestage_plugin.api.job_request import (
    EmptySerializer,
    JobRequestSerializer,
    read_idempotency_key,
)
from prestage_plugin.api.paging import ByDeviceNamePages, NewestFirstPages
from prestage_plugin.api.query import Query
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.permissions import may_cancel
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.submit import submit_job
from prestage_plugin.states import DeviceState, JobState, JobType

__all__ = ["JobCancelView", "JobDeviceListView", "JobListView", "JobView"]

RETRY_AFTER = "2"
"""Seconds after which it is worth to look at a job again."""


class _JobsView(PrestageView, generics.GenericAPIView[Job]):
    serializer_class = JobSerializer

    def get_queryset(self) -> QuerySet[Job]:
        """Return the jobs that the user may see."""
        return self.visible()

    def visible(self) -> QuerySet[Job]:
        """Return the jobs that the user may see, whatever a list is filtered by."""
        return with_running(Job.objects.visible_to(self.request.user))

    def document(self, job_id: int) -> dict[str, Any]:
        """Return a job as it is now."""
        return dict(self.get_serializer(self.visible().get(pk=job_id)).data)


class JobListView(_JobsView, generics.ListAPIView[Job]):
    """The jobs that the user may see, newest first; and a place to start one."""

    permission_classes = [IsAuthenticated, MayRunToWrite]
    pagination_class = NewestFirstPages

    def get_queryset(self) -> QuerySet[Job]:
        """Return the jobs that the query parameters ask for."""
        queryset = self.visible()
        query = Query(self.request.query_params, filters=("state", "job_type", "device"))
        if states := query.choices("state", JobState.values):
            queryset = queryset.filter(state__in=states)
        if types := query.choices("job_type", JobType.values):
            queryset = queryset.filter(job_type__in=types)
        if (device := query.text("device")) is not None:
            queryset = queryset.filter(devices__device_name=device)
        return queryset

    def post(self, request: Request) -> Response:
        """Start a job, or answer with the one that the same request started before."""
        assert isinstance(request.user, User)
        key = read_idempotency_key(request.headers.get("Idempotency-Key"))
        body = JobRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.as_request()
        job = submit_job(request=wanted, user=request.user, idempotency_key=key)
        document = self.document(job.pk)
        return Response(
            document,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": document["links"]["self"], "Retry-After": RETRY_AFTER},
        )


class JobView(_JobsView, generics.RetrieveAPIView[Job]):
    """One job."""


class JobCancelView(_JobsView):
    """Cancels a job; repeating it gives the same answer."""

    def post(self, request: Request, pk: int) -> Response:
        """Cancel: 200 when the job is cancelled, 202 while devices in flight finish."""
        assert isinstance(request.user, User)
        job = get_object_or_404(self.visible(), pk=pk)
        if not may_cancel(request.user, job):
            raise PermissionDenied("You may cancel your own jobs only.")
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        outcome = cancel_job(job_id=job.pk, actor=request.user.get_username())
        if outcome is CancelOutcome.CANCELLED:
            return Response(self.document(job.pk))
        return Response(
            self.document(job.pk),
            status=status.HTTP_202_ACCEPTED,
            headers={"Retry-After": RETRY_AFTER},
        )


class JobDeviceListView(PrestageView, generics.ListAPIView[JobDevice]):
    """The devices of one job, by name."""

    serializer_class = JobDeviceSerializer
    pagination_class = ByDeviceNamePages

    def get_queryset(self) -> QuerySet[JobDevice]:
        """Return the rows that are asked for; 404 for a job that one may not see."""
        jobs = Job.objects.visible_to(self.request.user)
        queryset = JobDevice.objects.filter(job=get_object_or_404(jobs, pk=self.kwargs["pk"]))
        query = Query(self.request.query_params, filters=("state", "error_code"))
        if states := query.choices("state", DeviceState.values):
            queryset = queryset.filter(state__in=states)
        if codes := query.choices("error_code", map(str, ErrorCode)):
            queryset = queryset.filter(error_code__in=codes)
        return queryset
