"""The page that asks *what if*, the part of it that goes on, and the table to take home."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.what_if.form import WhatIfForm
from prestage_plugin.admin.what_if.progress import Progress
from prestage_plugin.admin.what_if.rows import prospect_row
from prestage_plugin.models import Device
from prestage_plugin.services.what_if import examinable, take_page, what_if
from prestage_plugin.services.what_if_table import prospect_lines

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Device]
else:
    _Base = object

__all__ = ["MOST_EXAMINED", "MOST_SHOWN", "WhatIfPages"]

MOST_EXAMINED = 200
"""Devices that one answer looks at; each costs about two milliseconds."""

MOST_SHOWN = 500
"""Rows of all answers together; what more there is, is counted, and in the table."""


class WhatIfPages(_Base):
    """Mixed in front of the `ModelAdmin` of devices."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page, the part that goes on, and the table."""
        site = self.admin_site
        views = {"": self.what_if_view, "more/": self.more_view, "table/": self.table_view}
        names = {"": "what_if", "more/": "what_if_more", "table/": "what_if_table"}
        return [
            *(
                path(f"what-if/{end}", site.admin_view(view), name=f"prestage_device_{names[end]}")
                for end, view in views.items()
            ),
            *super().get_urls(),
        ]

    def what_if_view(self, request: HttpRequest) -> HttpResponse:
        """Ask; once that is done, answer for the first devices and say how to go on."""
        self._check(request)
        asked = any(name in request.GET for name in WhatIfForm.base_fields)
        form = WhatIfForm(request.GET if asked else None)
        context = own_page(self, request, title=_("What if"), form=form) | {
            "fields": {
                "rules": [form[name] for name in WhatIfForm.RULES],
                "devices": [form[name] for name in WhatIfForm.DEVICES],
            },
            "narrowed": any(request.GET.get(name) for name in WhatIfForm.DEVICES),
        }
        if form.is_valid():
            context |= self._examine(request, form)
        return TemplateResponse(request, "admin/prestage/what_if/page.html", context)

    def more_view(self, request: HttpRequest) -> HttpResponse:
        """Answer for the next devices, as a fragment."""
        self._check(request)
        form = WhatIfForm(request.GET)
        if not form.is_valid():
            return HttpResponseBadRequest()
        context = self._examine(request, form)
        return TemplateResponse(request, "admin/prestage/what_if/answer.html", context)

    def table_view(self, request: HttpRequest) -> HttpResponseBase:
        """Answer for all devices, as CSV that is sent while it is found out."""
        self._check(request)
        form = WhatIfForm(request.GET)
        if not form.is_valid():
            return HttpResponseBadRequest()
        prospects = what_if(rules=form.rules(), devices=form.devices())
        return StreamingHttpResponse(
            prospect_lines(filter(form.shown().fits, prospects)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="what-if.csv"'},
        )

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _examine(self, request: HttpRequest, form: WhatIfForm) -> dict[str, Any]:
        progress = Progress.from_query(request.GET)
        devices = form.devices()
        prospects = what_if(rules=form.rules(), devices=devices, after=progress.after)
        page = take_page(prospects, shown=form.shown(), size=MOST_EXAMINED, most=MOST_EXAMINED)
        shown = page.prospects[: max(0, MOST_SHOWN - progress.shown)]
        progress.add(page, shown=len(shown))
        question = _question(request)
        return {
            "rows": [prospect_row(prospect) for prospect in shown],
            "progress": progress,
            "total": max(examinable(devices).count(), progress.tally.examined),
            "rules": form.rules(),
            "truncated": progress.shown >= MOST_SHOWN,
            "more": f"{question}&{progress.query()}" if progress.after else "",
            "more_url": reverse("admin:prestage_device_what_if_more"),
            "page_url": reverse("admin:prestage_device_what_if"),
            "table_url": f"{reverse('admin:prestage_device_what_if_table')}?{question}",
        }


def _question(request: HttpRequest) -> str:
    """Return the query string without what was found so far."""
    query = request.GET.copy()
    for name in set(query) - set(WhatIfForm.base_fields):
        del query[name]
    query.setdefault("show", "")
    return query.urlencode()
