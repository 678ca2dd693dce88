"""The form that starts a job over all devices."""

import uuid

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models import Job
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType

__all__ = ["StartForm"]


class StartForm(forms.Form):
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
    # The same page sent twice, as by a double click, is one job.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

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
