"""Schedules: list, begin, read, change; when they run."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of, user_of
from prestage_plugin.api.core.conditional import check_match, entity_tag
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.permissions import InScope, may
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.view import DocumentView, ListView, PrestageView
from prestage_plugin.api.schedules.documents import PreviewSerializer, ScheduleSerializer
from prestage_plugin.api.schedules.examples import CHANGE, CREATE, PREVIEW, SCHEDULE, TIMES
from prestage_plugin.api.schedules.filters import ScheduleFilters
from prestage_plugin.api.schedules.requests import (
    MOST_TIMES,
    TIMES_OF_PREVIEW,
    PreviewRequestSerializer,
    ScheduleRequestSerializer,
)
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Schedule
from prestage_plugin.permissions import may_change_schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.schedule_edit import edit_schedule
from prestage_plugin.states import ScheduleState, TokenScope

__all__ = [
    "MayRunSchedules",
    "RecurrencePreviewView",
    "ScheduleListView",
    "SchedulePreviewView",
    "ScheduleRows",
    "ScheduleView",
    "refuse_change",
]

MayRunSchedules = may("run_job", "schedule jobs")

_ID = {"id": "$response.body#/id"}


class ScheduleRows(PrestageView, generics.GenericAPIView[Schedule]):
    """The schedules that the user may see, for views of any kind."""

    serializer_class = ScheduleSerializer
    queryset = Schedule.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Schedule]:
        """Return the schedules that the user may see."""
        return Schedule.objects.visible_to(self.request.user)

    def document(self, schedule: Schedule) -> dict[str, Any]:
        """Return a schedule as it is now."""
        return dict(ScheduleSerializer(schedule, context=self.get_serializer_context()).data)


class ScheduleListView(ScheduleRows, ListView[Schedule]):
    """The schedules that the user may see, newest first; and a place to begin one."""

    permission_classes = [InScope, MayRunSchedules]
    filterset_class = ScheduleFilters
    orderings = ("-id", "id")
    export_name = "schedules"
    columns = (
        *("id", "name", "state", "recurrence_display", "next_at", "occurrences", "job_type"),
        *("user", "created_at"),
    )
    idempotent = ("post",)
    operation_links = {
        "get": (
            Link(
                name="read",
                status=200,
                operation="read_schedule",
                parameters={"id": "$response.body#/results/0/id"},
            ),
        ),
        "post": tuple(
            Link(name=name, status=201, operation=operation, parameters=_ID)
            for name, operation in (
                ("read", "read_schedule"),
                ("change", "change_schedule"),
                ("preview", "preview_schedule"),
                ("pause", "pause_schedule"),
                ("cancel", "cancel_schedule"),
            )
        ),
    }

    @describe(operation_id="list_schedules", summary="List schedules", examples=[SCHEDULE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Own schedules, or all with the permission `view_all_jobs`."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="create_schedule",
        summary="Begin a schedule",
        request=ScheduleRequestSerializer,
        responses={201: ScheduleSerializer},
        examples=[CREATE, SCHEDULE],
    )
    def post(self, request: Request) -> Response:
        """Its first job is there at once, as Job Scheduled; each job fixes its devices anew."""
        return answer_once(request, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        body = ScheduleRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        schedule = create_schedule(
            request=body.as_request(),
            recurrence=body.recurrence_or(),
            user=user_of(request),
            actor=actor_of(request),
        )
        document = self.document(schedule)
        headers = {"Location": document["links"]["self"]}
        return Response(document, status=HTTPStatus.CREATED, headers=headers)


class ScheduleView(ScheduleRows, DocumentView[Schedule]):
    """One schedule."""

    answers = {"patch": (409,)}
    edited = ("patch",)
    operation_links = {
        "get": (
            Link(name="change", status=200, operation="change_schedule", parameters=_ID),
            Link(name="preview", status=200, operation="preview_schedule", parameters=_ID),
        )
    }

    @describe(operation_id="read_schedule", summary="Read a schedule", examples=[SCHEDULE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What its jobs do, when the next one starts, and how many there were."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="change_schedule",
        summary="Change a schedule",
        request=ScheduleRequestSerializer,
        responses={200: ScheduleSerializer},
        examples=[CHANGE, SCHEDULE],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Replace the keys that are given; the next job changes with it, jobs at work do not."""
        present = get_object_or_404(self.get_queryset(), pk=pk)
        refuse_change(request, present)
        body = ScheduleRequestSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        given = body.validated_data.get("recurrence")
        edit_schedule(
            schedule_id=pk,
            change=body.changed,
            recurrence=given,
            actor=actor_of(request),
            check=lambda row: check_match(request, self.version_of(row)),
        )
        schedule = self.get_queryset().get(pk=pk)  # as a reader sees it, for the tag
        tag = entity_tag(request, self.version_of(schedule))
        return Response(self.document(schedule), headers={"ETag": tag})


class SchedulePreviewView(ScheduleRows):
    """The next times of a schedule."""

    parameters = ("count",)

    @describe(
        operation_id="preview_schedule",
        summary="Preview a schedule",
        parameters=[
            OpenApiParameter(
                "count",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST_TIMES,
                    "default": TIMES_OF_PREVIEW,
                },
                description="Number of times.",
            )
        ],
        responses=PreviewSerializer,
        examples=[TIMES],
    )
    def get(self, request: Request, pk: int) -> Response:
        """When its next jobs start; nothing when it is over, from now on when it is paused."""
        schedule = get_object_or_404(self.get_queryset(), pk=pk)
        count = _count(request)
        over = schedule.state in {ScheduleState.ENDED, ScheduleState.CANCELLED}
        rule = Recurrence.from_json(schedule.recurrence)
        return Response(_preview(rule, 0 if over else count))


class RecurrencePreviewView(PrestageView):
    """The next times of a recurrence that is not saved."""

    write_scope = TokenScope.READ

    @describe(
        operation_id="preview_recurrence",
        summary="Preview a recurrence",
        request=PreviewRequestSerializer,
        responses=PreviewSerializer,
        examples=[PREVIEW, TIMES],
    )
    def post(self, request: Request) -> Response:
        """When it would run, from now on; nothing is saved."""
        body = PreviewRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_preview(body.validated_data["recurrence"], body.validated_data["count"]))


def refuse_change(request: Request, schedule: Schedule) -> None:
    """Refuse who may not change a schedule.

    Raises:
        PermissionDenied: `permission-denied`.
    """
    if not may_change_schedule(user_of(request), schedule):
        raise PermissionDenied(
            "You may change your own schedules only, and need the permission prestage.run_job."
        )


def _preview(rule: Recurrence, count: int) -> dict[str, Any]:
    times: Iterator[datetime] = islice(rule.occurrences(timezone.now()), count)
    return dict(
        PreviewSerializer({"recurrence_display": rule.sentence(), "times": list(times)}).data
    )


def _count(request: Request) -> int:
    given = request.query_params.get("count", str(TIMES_OF_PREVIEW))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= MOST_TIMES):
        raise invalid_parameter("count", f"It must be a number from 1 to {MOST_TIMES}.")
    return int(given)
