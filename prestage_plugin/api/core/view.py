"""What every view of the API has in common, and the two kinds that most are: a list, a document."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework import generics, status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from prestage_plugin.api.core.authentication import BrowserSession, TokenInHeader
from prestage_plugin.api.core.conditional import entity_tag, is_known, row_version
from prestage_plugin.api.core.exporting import CHUNK, stream
from prestage_plugin.api.core.filtering import Filters, check_parameters
from prestage_plugin.api.core.paging import KeysetPages, ordering_of
from prestage_plugin.api.core.parsing import HostileJSONParser
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.core.problems import answer_problem
from prestage_plugin.api.core.renderers import (
    CsvRenderer,
    JsonLinesRenderer,
    Negotiation,
    PlainJsonRenderer,
)
from prestage_plugin.api.core.sparse import keep_wanted_fields
from prestage_plugin.api.core.throttling import RateLimit
from prestage_plugin.api.schema.inspection import Link, PrestageSchema
from prestage_plugin.states import TokenScope

__all__ = [
    "CACHE_CONTROL",
    "VARY",
    "DocumentView",
    "ListView",
    "NothingHereView",
    "PrestageView",
    "RowsView",
]

CACHE_CONTROL = "private, no-cache"
"""Answers are for who asked, and to be asked for again."""

VARY = ("Accept", "Accept-Language", "Authorization", "Cookie")
"""What answers depend on."""

Row = TypeVar("Row", bound=Model)


class PrestageView(APIView):
    """The base of all views: JSON for known users, every error a problem document.

    Everything is set here, so that a site's settings for its own API (`REST_FRAMEWORK`) do not
    change ours.

    Attributes:
        write_scope: What a token needs for methods that write.
        rate: Name of its limit in `API_RATES`; that of the scope when None.
        answers: Statuses beside those that every operation has, by method, e.g.
            `{"post": (409,)}`, for the schema.
        idempotent: Methods that take an `Idempotency-Key`, for the schema.
        edited: Methods that take `If-Match`, for the schema.
        operation_links: Where to go on from an answer, by method, for the schema.
        parameters: Names of query parameters that the view has beside those of its filters.
        write_parameters: Names of query parameters of methods that write.
    """

    authentication_classes = [TokenInHeader, BrowserSession]
    content_negotiation_class = Negotiation
    parser_classes = [HostileJSONParser]
    permission_classes = [InScope]
    renderer_classes = [PlainJsonRenderer]
    throttle_classes = [RateLimit]
    versioning_class = None
    schema = PrestageSchema()

    write_scope: ClassVar[TokenScope] = TokenScope.JOBS
    rate: ClassVar[str | None] = None
    answers: ClassVar[Mapping[str, Sequence[int]]] = {}
    idempotent: ClassVar[Sequence[str]] = ()
    edited: ClassVar[Sequence[str]] = ()
    operation_links: ClassVar[Mapping[str, Sequence[Link]]] = {}
    parameters: ClassVar[Sequence[str]] = ()
    write_parameters: ClassVar[Sequence[str]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Do what precedes every method."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            return  # the answer will be 405, whatever the parameters
        reads = request.method in SAFE_METHODS
        known = self.known_parameters() if reads else self.write_parameters
        check_parameters(request, [*known, "format"])

    def known_parameters(self) -> list[str]:
        """Return the names of the query parameters that reading knows."""
        return list(self.parameters)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the methods that there are, in `Allow`."""
        del request, args, kwargs
        return Response(status=status.HTTP_204_NO_CONTENT)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Finish an answer: errors are JSON whatever was negotiated, and nothing is shared."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(response, Response) and response.status_code >= status.HTTP_400_BAD_REQUEST:
            response.accepted_renderer = PlainJsonRenderer()
            response.accepted_media_type = "application/json"
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = CACHE_CONTROL
        patch_vary_headers(response, VARY)
        return response

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Return the handler that makes problem documents."""
        return answer_problem


class RowsView(PrestageView, generics.GenericAPIView[Row]):
    """What lists and documents share."""

    filter_backends = []

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Any]:
        """Return the serializer with the fields that were asked for."""
        serializer = super().get_serializer(*args, **kwargs)
        if "fields" in self.known_parameters():
            keep_wanted_fields(serializer, self.request)
        return serializer

    def version_of(self, row: Row) -> Iterable[Any]:
        """Return what a row's document is made of; override it where that is more than the row."""
        return row_version(row)

    def answer_unless_known(
        self, versions: Iterable[Any], answer: Callable[[], Response]
    ) -> Response:
        """Answer 304 to who has this version already, before anything is rendered.

        Args:
            versions: What the answer is made of.
            answer: Renders it.
        """
        tag = entity_tag(self.request, versions)
        if is_known(self.request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        response = answer()
        response.headers["ETag"] = tag
        return response


class ListView(RowsView[Row], generics.ListAPIView[Row]):
    """A list: filters, order, pages, entity tag, sparse fields, export.

    Attributes:
        orderings: The columns by which it can be ordered, see `KeysetPages`; the default first.
        columns: Of the CSV table; a dot leads into an object of the document.
        export_name: Of the exported file.
    """

    filter_backends = [Filters]
    pagination_class = KeysetPages
    renderer_classes = [PlainJsonRenderer, CsvRenderer, JsonLinesRenderer]

    orderings: ClassVar[Sequence[str]] = ("-id",)
    columns: ClassVar[Sequence[str]] = ()
    export_name: ClassVar[str] = "export"

    def known_parameters(self) -> list[str]:
        """Return the parameters of every list, and the filters of this one."""
        filterset = getattr(self, "filterset_class", None)
        filters = list(filterset.base_filters) if filterset is not None else []
        return [*filters, "ordering", "cursor", "page_size", "fields", *self.parameters]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Answer with a page, or with all rows as a stream."""
        del args, kwargs
        rows = self.filter_queryset(self.get_queryset())
        form = request.accepted_renderer.format
        if form != PlainJsonRenderer.format:
            return self._export(rows, form)
        page = self.paginate_queryset(rows)
        assert page is not None
        assert self.paginator is not None
        paginator = self.paginator
        return self.answer_unless_known(
            [list(self.version_of(row)) for row in page],
            lambda: paginator.get_paginated_response(self.get_serializer(page, many=True).data),
        )

    def _export(self, rows: QuerySet[Row], form: str) -> StreamingHttpResponse:
        ordering = ordering_of(self.request, self.orderings)
        document = self.get_serializer()
        shown = getattr(document, "fields", {})
        return stream(
            self.request,
            rows=rows.order_by(ordering, "pk").iterator(chunk_size=CHUNK),
            document=document,
            columns=[each for each in self.columns if each.partition(".")[0] in shown],
            form=form,
            name=self.export_name,
        )


class DocumentView(RowsView[Row], generics.RetrieveAPIView[Row]):
    """One document: entity tag and sparse fields."""

    def known_parameters(self) -> list[str]:
        """Return the parameters of every document."""
        return ["fields", *self.parameters]

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with the document."""
        del request, args, kwargs
        row = self.get_object()
        return self.answer_unless_known(
            self.version_of(row), lambda: Response(self.get_serializer(row).data)
        )


class NothingHereView(PrestageView):
    """404 as a problem document for every other address below the API."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every method alike.

        Raises:
            NotFound: Always, once the user is known.
        """
        APIView.initial(self, request, *args, **kwargs)
        hint = "" if request.path.endswith("/") else " Addresses end with a slash."
        raise NotFound(f"There is nothing at this address.{hint}")
