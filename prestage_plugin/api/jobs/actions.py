"""What can be done with a job: cancel, stop by force, retry, hand over."""

from http import HTTPStatus
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of, user_of
from prestage_plugin.api.core.fields import NothingSerializer
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.jobs.documents import JobSerializer
from prestage_plugin.api.jobs.examples import BULK, CANCEL_SOME, JOB, REASSIGN, RETRY
from prestage_plugin.api.jobs.requests import (
    BulkCancelSerializer,
    ReassignSerializer,
    RetrySerializer,
)
from prestage_plugin.api.jobs.views import RETRY_AFTER, JobRows, MayRun
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_cancel, may_force_stop, may_reassign
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.reassign import reassign_job
from prestage_plugin.services.retry import retry_failed, run_again

__all__ = [
    "JobBulkCancelView",
    "JobCancelView",
    "JobForceStopView",
    "JobReassignView",
    "JobRetryView",
]

_STOPPED = {200: JobSerializer, 202: JobSerializer}
_ID = {"id": "$response.body#/id"}


class _StopView(JobRows):
    answers = {"post": (409,)}
    operation_links = {
        "post": (Link(name="read", status=202, operation="read_job", parameters=_ID),)
    }

    def stop(self, request: Request, pk: int, *, force: bool) -> Response:
        """Cancel: 200 when the job is cancelled, 202 while devices in flight finish."""
        job = get_object_or_404(self.get_queryset(), pk=pk)
        allowed = may_force_stop if force else may_cancel
        if not allowed(user_of(request), job):
            raise PermissionDenied(_NOT_ALLOWED[force])
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        outcome = cancel_job(job_id=job.pk, actor=actor_of(request), force=force)
        document = self.document(job.pk)
        if outcome is CancelOutcome.CANCELLED:
            return Response(document)
        return Response(
            document,
            status=HTTPStatus.ACCEPTED,
            headers={"Location": document["links"]["self"], "Retry-After": RETRY_AFTER},
        )


_NOT_ALLOWED = {
    False: "You may cancel your own jobs only.",
    True: "You may not stop this job by force; that needs the permission prestage.force_stop_job.",
}


class JobCancelView(_StopView):
    """Cancels a job; repeating it gives the same answer."""

    @describe(
        operation_id="cancel_job",
        summary="Cancel a job",
        request=NothingSerializer,
        responses=_STOPPED,
        examples=[JOB],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel without roll-back: devices in flight finish, and what was written stays.

        200 when the job is cancelled, 202 while devices in flight finish, 409 when it had ended.
        """
        return self.stop(request, pk, force=False)


class JobForceStopView(_StopView):
    """Stops a job by force; repeating it gives the same answer."""

    @describe(
        operation_id="force_stop_job",
        summary="Stop a job by force",
        request=NothingSerializer,
        responses=_STOPPED,
        examples=[JOB],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel, and also close the sessions in flight; a permission of its own."""
        return self.stop(request, pk, force=True)


class JobRetryView(JobRows):
    """Does a job again."""

    permission_classes = [InScope, MayRun]
    answers = {"post": (409,)}
    idempotent = ("post",)
    operation_links = {
        "post": (Link(name="read", status=202, operation="read_job", parameters=_ID),)
    }

    @describe(
        operation_id="retry_job",
        summary="Retry a job",
        request=RetrySerializer,
        responses={202: JobSerializer},
        examples=[RETRY, JOB],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Start a new job for the devices that failed, or for all of the old one's scope."""
        job = get_object_or_404(self.get_queryset(), pk=pk)
        return answer_once(request, lambda: self._retry(request, job))

    def _retry(self, request: Request, job: Job) -> Response:
        body = RetrySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        again = retry_failed if body.validated_data["scope"] == "failed" else run_again
        user, actor = user_of(request), actor_of(request)
        return self.answer_started(again(job_id=job.pk, user=user, actor=actor))


class JobReassignView(JobRows):
    """Hands a job over."""

    answers = {"post": (409,)}

    @describe(
        operation_id="reassign_job",
        summary="Hand a job over",
        request=ReassignSerializer,
        responses={200: JobSerializer, 204: None},
        examples=[REASSIGN, JOB],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Give an own job to another user; everybody's with the permission `change_job`.

        204 when one does not see the job any more afterwards.
        """
        job = get_object_or_404(self.get_queryset(), pk=pk)
        if not may_reassign(user_of(request), job):
            raise PermissionDenied("You may hand over your own jobs only.")
        body = ReassignSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        reassign_job(
            job_id=job.pk, to_username=body.validated_data["user"], actor=actor_of(request)
        )
        if not self.get_queryset().filter(pk=pk).exists():
            return Response(status=HTTPStatus.NO_CONTENT)
        return Response(self.document(pk))


class CancelledSerializer(serializers.Serializer[Any]):
    """What became of one job."""

    id = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=[*map(str, CancelOutcome), "refused"])
    code = serializers.CharField(allow_null=True, help_text="Why it was refused, for programs.")
    detail = serializers.CharField(allow_null=True, help_text="Why it was refused.")


class BulkCancelledSerializer(serializers.Serializer[Any]):
    """What became of several jobs, in the order of the request."""

    results = CancelledSerializer(many=True)


class JobBulkCancelView(JobRows):
    """Cancels several jobs, each for itself."""

    @describe(
        operation_id="cancel_jobs",
        summary="Cancel several jobs",
        request=BulkCancelSerializer,
        responses={200: BulkCancelledSerializer},
        examples=[CANCEL_SOME, BULK],
    )
    def post(self, request: Request) -> Response:
        """Cancel up to 200 jobs; those that cannot be cancelled are reported with the reason."""
        body = BulkCancelSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ids: list[int] = list(dict.fromkeys(body.validated_data["ids"]))
        visible = {job.pk: job for job in Job.objects.visible_to(request.user).filter(pk__in=ids)}
        results = [self._cancel(request, job_id, visible.get(job_id)) for job_id in ids]
        return Response({"results": results})

    def _cancel(self, request: Request, job_id: int, job: Job | None) -> dict[str, Any]:
        if job is None:
            return _result(job_id, code="not-found", detail=f"There is no job #{job_id}.")
        if not may_cancel(user_of(request), job):
            return _result(job_id, code="permission-denied", detail=_NOT_ALLOWED[False])
        try:
            outcome = cancel_job(job_id=job_id, actor=actor_of(request))
        except Refused as refusal:
            return _result(job_id, code=refusal.code, detail=refusal.text)
        return _result(job_id, outcome)


def _result(
    job_id: int, outcome: str = "refused", *, code: str | None = None, detail: str | None = None
) -> dict[str, Any]:
    return {"id": job_id, "outcome": str(outcome), "code": code, "detail": detail}
