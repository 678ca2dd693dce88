"""Actions that first say what will happen to each row, and afterwards count what was done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.verbs import Report, Verb

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["MOST_ROWS", "Confirms"]

MOST_ROWS = 500
"""Rows that one confirmation takes; it must stay below Django's limit of fields in a form."""


class Confirms(_Base):
    """Mixed in front of a `ModelAdmin`: an action calls `confirm` with its verb."""

    confirmed_related: tuple[str, ...] = ()
    """What the verbs need beside the rows, so that it is read with them."""

    def confirm(
        self, request: HttpRequest, rows: QuerySet[Any], kind: type[Verb[Any]]
    ) -> HttpResponse | None:
        """Say what will happen to each row; once that is confirmed, do it and count."""
        assert isinstance(request.user, User)
        chosen = list(rows.select_related(*self.confirmed_related).order_by("-pk")[: MOST_ROWS + 1])
        if len(chosen) > MOST_ROWS:
            text = _("Choose at most %(limit)s at a time.") % {"limit": MOST_ROWS}
            self.message_user(request, text, messages.WARNING)
            return None
        if not chosen:
            self.message_user(request, _("None of these is there."), messages.WARNING)
            return None
        confirmed = "confirmed" in request.POST
        verb = kind(user=request.user, rows=chosen, data=request.POST if confirmed else None)
        if confirmed and verb.form.is_valid():
            return self._carry_out(request, verb)
        forecasts = [verb.foresee(row) for row in chosen]
        context = own_page(self, request, title=verb.title) | {
            "verb": verb,
            "forecasts": forecasts,
            "possible": sum(forecast.possible for forecast in forecasts),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "list_url": self.list_url(),
        }
        return TemplateResponse(request, "admin/prestage/confirm.html", context)

    def _carry_out(self, request: HttpRequest, verb: Verb[Any]) -> HttpResponse:
        report = verb.carry_out_all()
        self.log_done(request, report.done, str(verb.history))
        numbers = ", ".join(f"#{row.pk}" for row in report.started)
        text = f"{report.text}: {numbers}." if numbers else f"{report.text}."
        level = messages.SUCCESS if report.done else messages.WARNING
        self.message_user(request, text, level)
        return HttpResponseRedirect(self.where_to(request, verb, report))

    def log_done(self, request: HttpRequest, rows: Sequence[Any], text: str) -> None:
        """Write into the admin's own history what was done."""
        for row in rows:
            self.log_change(request, row, text)

    def where_to(self, request: HttpRequest, verb: Verb[Any], report: Report) -> str:
        """Return the page of the one row that this was about, if it is still to be seen."""
        shown = report.started or list(verb.rows)
        if len(shown) == 1 and self.get_queryset(request).filter(pk=shown[0].pk).exists():
            name = f"admin:prestage_{self.opts.model_name}_change"
            return reverse(name, args=[shown[0].pk])
        return self.list_url()

    def list_url(self) -> str:
        """Return the address of the list."""
        return reverse(f"admin:prestage_{self.opts.model_name}_changelist")
