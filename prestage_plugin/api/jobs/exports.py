"""Jobs as files, with their devices and history."""

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request

from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.renderers import CsvRenderer, PlainJsonRenderer
from prestage_plugin.api.jobs.examples import EXPORT, EXPORT_SOME
from prestage_plugin.api.jobs.requests import MOST_IDS
from prestage_plugin.api.jobs.views import JobRows
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.services.export import ExportFormat, export_job, export_jobs
from prestage_plugin.streaming import stream_file

__all__ = ["JobExportView", "JobsExportView"]

_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
}
_DIGITS = 19
"""Fewer than these fit into a number that every database takes."""


class JobExportView(JobRows):
    """One job as a file."""

    renderer_classes = [PlainJsonRenderer, CsvRenderer]

    @describe(
        operation_id="export_job",
        summary="Export a job",
        responses=OpenApiResponse(OpenApiTypes.OBJECT, description="With its devices and history."),
        examples=[EXPORT],
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The job with all its devices, streamed; as CSV without evidence and history."""
        job = get_object_or_404(self.get_queryset(), pk=pk)
        form = ExportFormat(request.accepted_renderer.format)
        return stream_file(
            request._request,  # noqa: SLF001 - Django's own
            export_job(job_id=job.pk, form=form),
            content_type=_TYPES[form],
            name=f"job-{job.pk}.{form}",
        )


class JobsExportView(JobRows):
    """Several jobs as one file."""

    renderer_classes = [PlainJsonRenderer, CsvRenderer]
    parameters = ("id",)

    @describe(
        operation_id="export_jobs",
        summary="Export several jobs",
        parameters=[
            OpenApiParameter(
                "id",
                {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1},
                    "minItems": 1,
                    "maxItems": MOST_IDS,
                },
                required=True,
                description="Ids; those that one may not see are left out.",
            )
        ],
        responses=OpenApiResponse(
            {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
            description="A list of jobs with their devices and history.",
        ),
        examples=[EXPORT_SOME],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Up to 200 jobs with all their devices, streamed, in the order of the request."""
        wanted = _ids(request)
        seen = set(self.get_queryset().filter(pk__in=wanted).values_list("pk", flat=True))
        form = ExportFormat(request.accepted_renderer.format)
        return stream_file(
            request._request,  # noqa: SLF001 - Django's own
            export_jobs(job_ids=[each for each in wanted if each in seen], form=form),
            content_type=_TYPES[form],
            name=f"jobs.{form}",
        )


def _ids(request: Request) -> list[int]:
    given = request.query_params.getlist("id")
    if not 1 <= len(given) <= MOST_IDS:
        raise invalid_parameter("id", f"Name 1 to {MOST_IDS} jobs: id=7&id=9.")
    if not all(each.isascii() and each.isdigit() and len(each) < _DIGITS for each in given):
        raise invalid_parameter("id", "Each must be a whole number.")
    return list(dict.fromkeys(map(int, given)))
