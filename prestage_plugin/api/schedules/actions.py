"""What can be done with a schedule: pause, resume, run now, cancel."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of, user_of
from prestage_plugin.api.core.fields import NothingSerializer
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.jobs.documents import JobSerializer
from prestage_plugin.api.jobs.examples import JOB
from prestage_plugin.api.jobs.views import JobRows
from prestage_plugin.api.schedules.examples import CANCEL, SCHEDULE
from prestage_plugin.api.schedules.requests import ScheduleCancelSerializer
from prestage_plugin.api.schedules.views import MayRunSchedules, ScheduleRows, refuse_change
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.errors import Refused
from prestage_plugin.models import Schedule
from prestage_plugin.permissions import may_cancel_schedule
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.schedule import cancel_schedule
from prestage_plugin.services.schedule_edit import (
    pause_schedule,
    resume_schedule,
    run_schedule_now,
)

__all__ = [
    "ScheduleCancelView",
    "SchedulePauseView",
    "ScheduleResumeView",
    "ScheduleRunView",
]

_ID = {"id": "$response.body#/id"}


class _ActionView(ScheduleRows):
    answers = {"post": (409,)}
    operation_links = {
        "post": (Link(name="read", status=200, operation="read_schedule", parameters=_ID),)
    }

    def act(self, request: Request, pk: int, service: Callable[..., Schedule]) -> Response:
        """Do something that needs to be told nothing."""
        refuse_change(request, get_object_or_404(self.get_queryset(), pk=pk))
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        schedule = service(schedule_id=pk, actor=actor_of(request))
        return Response(self.document(schedule))


class SchedulePauseView(_ActionView):
    """Pauses a schedule; repeating it gives the same answer."""

    @describe(
        operation_id="pause_schedule",
        summary="Pause a schedule",
        request=NothingSerializer,
        responses=_ActionView.serializer_class,
        examples=[SCHEDULE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel its next job and plan no other; a job at work goes on."""
        return self.act(request, pk, pause_schedule)


class ScheduleResumeView(_ActionView):
    """Resumes a schedule; repeating it gives the same answer."""

    @describe(
        operation_id="resume_schedule",
        summary="Resume a schedule",
        request=NothingSerializer,
        responses=_ActionView.serializer_class,
        examples=[SCHEDULE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Plan its next time that is in the future; what it missed is not caught up."""
        return self.act(request, pk, resume_schedule)


class ScheduleRunView(JobRows):
    """Runs a schedule's job at once."""

    permission_classes = [InScope, MayRunSchedules]
    answers = {"post": (409,)}
    idempotent = ("post",)
    operation_links = {
        "post": (Link(name="read", status=202, operation="read_job", parameters=_ID),)
    }

    @describe(
        operation_id="run_schedule",
        summary="Run a schedule now",
        request=NothingSerializer,
        responses={202: JobSerializer},
        examples=[JOB],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Start a job of the schedule beside its times; 409 while one of it is at work."""
        schedule = get_object_or_404(Schedule.objects.visible_to(request.user), pk=pk)
        refuse_change(request, schedule)
        return answer_once(request, lambda: self._run(request, pk))

    def _run(self, request: Request, pk: int) -> Response:
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        user, actor = user_of(request), actor_of(request)
        return self.answer_started(run_schedule_now(schedule_id=pk, user=user, actor=actor))


class ScheduleCancelView(_ActionView):
    """Cancels a schedule, or its next job alone."""

    @describe(
        operation_id="cancel_schedule",
        summary="Cancel a schedule",
        request=ScheduleCancelSerializer,
        responses=_ActionView.serializer_class,
        examples=[CANCEL, SCHEDULE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel the series for good, or its next job alone; a job at work goes on.

        A series that is cancelled stays in the list; 409 when it had ended by itself.
        """
        schedule = get_object_or_404(self.get_queryset(), pk=pk)
        if not may_cancel_schedule(user_of(request), schedule):
            raise PermissionDenied("You may cancel your own schedules only.")
        body = ScheduleCancelSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data["which"] == "series":
            schedule = cancel_schedule(schedule_id=pk, actor=actor_of(request))
        else:
            _cancel_next(schedule, actor_of(request))
            schedule.refresh_from_db()
        return Response(self.document(schedule))


def _cancel_next(schedule: Schedule, actor: str) -> None:
    job: Any = schedule.jobs.waiting().first()
    if job is None:
        raise Refused("no-next-job", "No job of the schedule waits for its time.", conflict=True)
    cancel_job(job_id=job.pk, actor=actor)
