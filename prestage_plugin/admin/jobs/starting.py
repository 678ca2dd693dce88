"""The page that starts a job."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from prestage_plugin.admin.jobs.once import OnceForm
from prestage_plugin.admin.pages import own_page
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job
from prestage_plugin.permissions import may_run
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["StartForm", "StartPages"]


class StartForm(OnceForm):
    """What a person may choose when starting a job over all devices."""

    job_type = forms.ChoiceField(
        label=_("Job Type"),
        choices=[
            (JobType.MANUAL, _("Manual: discover roles and assign them automatically")),
            (JobType.DISCOVER_ONLY, _("Discover only: recommend roles, assign nothing")),
        ],
        initial=JobType.MANUAL,
        widget=forms.RadioSelect,
    )
    dry_run = forms.BooleanField(
        label=_("Dry run"),
        help_text=_("Contact the devices and report, but write nothing about them."),
        required=False,
    )
    read_all = forms.BooleanField(
        label=_("Read everything"),
        help_text=_("Transfer also the configurations that have not changed."),
        required=False,
    )

    def submit(self, *, user: User) -> Job:
        """Start the job.

        Args:
            user: Who starts it.

        Raises:
            Refused: The service's reason, such as `no-devices`.
        """
        request = JobRequest(
            job_type=JobType(self.cleaned_data["job_type"]),
            dry_run=self.cleaned_data["dry_run"],
            read_all=self.cleaned_data["read_all"],
        )
        return submit_job(
            request=request, user=user, idempotency_key=f"admin-{self.cleaned_data['key']}"
        )


class StartPages(_Base):
    """Mixed in front of the jobs' `ModelAdmin`."""

    def get_urls(self) -> list[URLPattern]:
        """Add the start page."""
        view = self.admin_site.admin_view(self.start_view)
        return [path("start/", view, name="prestage_job_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what to start; on POST start it and go to the job."""
        if not may_run(request.user):
            raise PermissionDenied
        assert isinstance(request.user, User)
        form = StartForm(request.POST) if request.method == "POST" else StartForm()
        if form.is_bound and form.is_valid():
            try:
                job = form.submit(user=request.user)
            except Refused as refusal:
                form.add_error(None, refusal.text)
            else:
                self.log_addition(request, job, "Started.")
                text = gettext("Job #%(id)s was started.") % {"id": job.pk}
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:prestage_job_change", args=[job.pk]))
        context = own_page(self, request, title=gettext("Prestage all devices")) | {
            "form": form,
            "device_count": Device.objects.prestageable().count(),
        }
        return TemplateResponse(request, "admin/prestage/job/start.html", context)
