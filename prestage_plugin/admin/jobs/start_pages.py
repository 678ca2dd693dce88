"""The page that starts and schedules jobs."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from prestage_plugin.admin.jobs.recurrence_form import RecurrenceForm, next_times
from prestage_plugin.admin.jobs.start_form import StartForm
from prestage_plugin.admin.pages import own_page
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job, Schedule
from prestage_plugin.permissions import may_run
from prestage_plugin.sentences import translate_sentence

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["StartPages", "start_page"]


class StartPages(_Base):
    """Mixed in front of the jobs' `ModelAdmin`."""

    def get_urls(self) -> list[URLPattern]:
        """Add the start page and the preview of its recurrence."""
        site = self.admin_site
        return [
            path("start/", site.admin_view(self.start_view), name="prestage_job_start"),
            path("start/preview/", site.admin_view(self.preview_view), name="prestage_job_preview"),
            *super().get_urls(),
        ]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what to start; on POST start it and go to it."""
        if not may_run(request.user):
            raise PermissionDenied
        assert isinstance(request.user, User)
        if request.method != "POST":
            when = {"when": request.GET["when"]} if "when" in request.GET else {}
            form = StartForm(initial=when)
            return start_page(self.admin_site, request, form, RecurrenceForm())
        form = StartForm(request.POST)
        recurrence = RecurrenceForm(request.POST if form.recurs else None)
        right = form.is_valid() and (not form.recurs or recurrence.is_valid())
        if right and "preview" not in request.POST:
            try:
                made = _start(form, recurrence, request.user)
            except Refused as refusal:
                form.add_error(None, translate_sentence(refusal.text))
            else:
                return self._go_to(request, made)
        return start_page(self.admin_site, request, form, recurrence)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the next five times of the recurrence in the query string."""
        if not may_run(request.user):
            raise PermissionDenied
        context = _preview(RecurrenceForm(request.GET))
        return TemplateResponse(request, "admin/prestage/job/preview.html", context)

    def _go_to(self, request: HttpRequest, made: Job | Schedule) -> HttpResponse:
        if isinstance(made, Schedule):
            text = _("The schedule #%(id)s begins.")
        elif made.scheduled_for > timezone.now():
            text = _("Job #%(id)s is scheduled.")
        else:
            text = _("Job #%(id)s was started.")
        self.log_addition(request, made, gettext_noop("Started."))
        self.message_user(request, text % {"id": made.pk}, messages.SUCCESS)
        name = f"admin:prestage_{made._meta.model_name}_change"  # noqa: SLF001 - documented
        return HttpResponseRedirect(reverse(name, args=[made.pk]))


def start_page(
    site: admin.AdminSite, request: HttpRequest, form: StartForm, recurrence: RecurrenceForm
) -> HttpResponse:
    """Show the form, from wherever it was come to.

    Args:
        site: The admin.
        request: Of the page.
        form: What to start.
        recurrence: When, if it recurs.
    """
    context = own_page(site.get_model_admin(Job), request, title=_("Prestage devices")) | {
        "form": form,
        "recurrence": recurrence,
        "fields": {
            name: [form[field] for field in getattr(form, name)]
            for name in ("FILTER", "WHAT", "MORE")
        },
        "device_count": Device.objects.prestageable().count(),
        "start_url": reverse("admin:prestage_job_start"),
        "preview_url": reverse("admin:prestage_job_preview"),
        **(_preview(recurrence) if recurrence.is_bound else {}),
    }
    return TemplateResponse(request, "admin/prestage/job/start.html", context)


def _start(form: StartForm, recurrence: RecurrenceForm, user: User) -> Job | Schedule:
    if form.recurs:
        return form.schedule(recurrence.rule, user=user)
    return form.submit(user=user)


def _preview(form: RecurrenceForm) -> dict[str, Any]:
    if not form.is_valid():
        texts = [text for errors in form.errors.values() for text in errors]
        return {"problem": texts[0] if form.non_field_errors() else _("Fill in the fields first.")}
    return {
        "sentence": form.rule.sentence(),
        "times": next_times(form.rule, after=timezone.now()),
    }
