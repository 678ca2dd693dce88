"""The form that starts jobs: which devices, what with them, and when."""

from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nornir_tasks.rules import CapabilityPolicy, profiles
from prestage_plugin.admin.jobs.once import OnceForm
from prestage_plugin.admin.moment_input import LocalMomentInput
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.idempotency import Answer, claim_key, keep_answer, release_key
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.scope import FILTER_KEYS, Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType, RoleChoice

__all__ = ["StartForm"]

_ALL, _FILTER, _DEVICES = "all", "filter", "devices"
NOW, LATER, RECURRING = "now", "later", "recurring"

_ROLES = [("", _("Any")), *RoleChoice.choices]
_SITES = ("", _("As the site says"))
_PERCENT = 100


class StartForm(OnceForm):
    """What a person may choose when starting or scheduling a job."""

    scope = forms.ChoiceField(
        label=_("Devices"),
        choices=[
            (_ALL, _("All: the entire inventory")),
            (_FILTER, _("Those that match a filter")),
            (_DEVICES, _("Chosen devices")),
        ],
        initial=_ALL,
        widget=forms.RadioSelect,
    )
    filter_name = forms.CharField(
        label=_("Name"),
        required=False,
        help_text=_("* stands for any characters, ? for one: pe1-*"),
    )
    filter_platform = forms.CharField(label=_("Platform"), required=False)
    filter_group = forms.CharField(label=_("Inventory group"), required=False)
    filter_recommended_role = forms.ChoiceField(
        label=_("Recommended role"), choices=_ROLES, required=False
    )
    filter_assigned_role = forms.ChoiceField(
        label=_("Assigned role"), choices=_ROLES, required=False
    )
    devices = forms.CharField(
        label=_("Names"),
        widget=forms.Textarea(attrs={"rows": 5, "cols": 40, "spellcheck": "false"}),
        required=False,
        help_text=_("One in each line, or with commas between them."),
    )
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
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        help_text=_("Made of type and devices when empty."),
    )
    profile = forms.ChoiceField(
        label=_("Rule profile"),
        choices=[_SITES, *((each.name, each.name) for each in profiles())],
        required=False,
    )
    capability_policy = forms.ChoiceField(
        label=_("Capability policy"),
        choices=[_SITES, *((each.value, each.value) for each in CapabilityPolicy)],
        required=False,
    )
    failure_threshold = forms.IntegerField(
        label=_("Failure threshold"),
        min_value=0,
        max_value=_PERCENT,
        required=False,
        help_text=_("Percentage of failed devices up to which the job is still a success."),
    )
    when = forms.ChoiceField(
        label=_("Start"),
        choices=[
            (NOW, _("Now")),
            (LATER, _("Later")),
            (RECURRING, _("Recurring")),
        ],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    start_at = forms.DateTimeField(
        label=_("Start time"),
        widget=LocalMomentInput,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        required=False,
    )

    SCOPE = ("scope",)
    FILTER = tuple(f"filter_{key}" for key in FILTER_KEYS)
    WHAT = ("job_type", "dry_run", "read_all")
    MORE = ("name", "profile", "capability_policy", "failure_threshold")

    def __init__(self, data: Any = None, **values: Any) -> None:
        super().__init__(data, **values)
        self.fields["start_at"].help_text = timezone.get_current_timezone_name()

    @property
    def recurs(self) -> bool:
        """Whether the recurrence is to be read as well."""
        return str(self["when"].value()) == RECURRING

    def clean(self) -> dict[str, Any]:
        """Make the scope, so that what it refuses is said at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("when") == LATER and not values.get("start_at"):
            self.add_error("start_at", _("Say when."))
        if "scope" in values:
            try:
                values["made_scope"] = _scope_of(values)
            except Refused as refusal:
                self.add_error("scope", translate_sentence(refusal.text))
        return values

    def submit(self, *, user: User) -> Job:
        """Start the job, now or later.

        Args:
            user: Who starts it.

        Raises:
            Refused: The service's reason, such as `no-devices`.
        """
        start: datetime | None = None
        if self.cleaned_data["when"] == LATER:
            start = self.cleaned_data["start_at"]
        return submit_job(
            request=self._request(start),
            user=user,
            idempotency_key=f"admin-{self.cleaned_data['key']}",
        )

    def schedule(self, rule: Recurrence, *, user: User) -> Schedule:
        """Begin a series.

        Args:
            rule: When.
            user: Who begins it.

        Raises:
            Refused: The service's reason.
        """
        request = self._request(None)
        key = f"admin-{self.cleaned_data['key']}"
        # The same page sent twice, as by a double click, is one series.
        digest = sha256(f"{request.fingerprint()} {rule.as_json()}".encode()).hexdigest()
        earlier = claim_key(user=user, key=key, fingerprint=digest)
        if earlier is not None:
            return Schedule.objects.get(pk=earlier.body["schedule"])
        try:
            with transaction.atomic():
                made = create_schedule(request=request, recurrence=rule, user=user)
                answer = Answer(status=HTTPStatus.CREATED, body={"schedule": made.pk})
                keep_answer(user=user, key=key, answer=answer)
        except Refused:
            release_key(user=user, key=key)
            raise
        return made

    def _request(self, start: datetime | None) -> JobRequest:
        values = self.cleaned_data
        return JobRequest(
            scope=values["made_scope"],
            job_type=JobType(values["job_type"]),
            name=values["name"],
            dry_run=values["dry_run"],
            read_all=values["read_all"],
            profile=values["profile"],
            capability_policy=values["capability_policy"],
            failure_threshold=values["failure_threshold"],
            scheduled_for=start,
        )


def _scope_of(values: dict[str, Any]) -> Scope:
    """Return the scope; what belongs to another choice is left out."""
    if values["scope"] == _FILTER:
        wanted = {key: values.get(f"filter_{key}", "") for key in FILTER_KEYS}
        return Scope.from_json({"filter": {key: text for key, text in wanted.items() if text}})
    if values["scope"] == _DEVICES:
        lines = values.get("devices", "").replace(",", "\n").splitlines()
        return Scope.from_json({"devices": [line.strip() for line in lines if line.strip()]})
    return Scope()
