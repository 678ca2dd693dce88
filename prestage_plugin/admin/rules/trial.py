"""*Try it*: a configuration in, every verdict out; nothing of it is stored, logged or repeated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from nornir_tasks.evaluation import Evaluation
from prestage_plugin.admin.badges import role, verdict
from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.rules.samples import indented_sample
from prestage_plugin.admin.rules.trial_form import TrialForm
from prestage_plugin.errors import Refused
from prestage_plugin.permissions import may_view_devices
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.classification import MOST_BYTES, classify_document
from prestage_plugin.services.rule_choice import choose_rules

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["MOST_INTERFACES", "TrialPage"]

MOST_INTERFACES = 2000
"""Interfaces that a page shows of each system; the API answers with all of them."""


class InMemory(MemoryFileUploadHandler):
    """Keeps an upload away from the disk, and no more of it than tells that it is too large."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Take every file, however large Django's own limit for memory is."""
        super().handle_raw_input(*args, **kwargs)
        self.activated = True

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with a file."""
        self._room = MOST_BYTES + 1
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Take a piece of the file, as long as there is room."""
        kept = raw_data[: self._room]
        self._room -= len(kept)
        return super().receive_data_chunk(kept, start)


class TrialPage(_Base):
    """Mixed in front of the page of the rules."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        # The token is checked below, once it is said how the request is to be read.
        view = csrf_exempt(sensitive_post_parameters()(self.trial_view))
        address = path("try/", self.admin_site.admin_view(view), name="prestage_rules_try")
        return [address, *super().get_urls()]

    def trial_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a configuration; on POST judge it."""
        if request.method == "POST":
            request.upload_handlers = [InMemory(request)]
        try:
            request.POST  # noqa: B018 - it is read here, so that the check below does not fail
        except RequestDataTooBig:
            # Nothing was read, the token included; so nothing is done but to say it.
            text = _("That is too much to be pasted; save it and choose the file.")
            return self._answer(request, TrialForm(), problem=text, status=413)
        return csrf_protect(self._try)(request)

    @sensitive_variables()
    def _try(self, request: HttpRequest) -> HttpResponse:
        if not may_view_devices(request.user):
            raise PermissionDenied
        if request.method != "POST":
            sample = indented_sample(request.GET.get("rule", ""))
            return self._answer(request, TrialForm(initial={"configuration": sample}))
        form = TrialForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._answer(request, form)
        try:
            rules = choose_rules(
                profile=form.cleaned_data["profile"],
                capability_policy=form.cleaned_data["capability_policy"],
            )
            found = classify_document(document=form.document, rules=rules)
        except Refused as refusal:
            return self._answer(request, form, problem=translate_sentence(refusal.text))
        return self._answer(request, form, found=found)

    def _answer(
        self,
        request: HttpRequest,
        form: TrialForm,
        *,
        found: Sequence[Evaluation] = (),
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """Show the form, and what was found; what was pasted is not sent back."""
        context = own_page(self, request, title=_("Try the rules")) | {
            "form": form,
            "problem": problem,
            "results": [_result(each) for each in found],
        }
        return TemplateResponse(request, "admin/prestage/rules/try.html", context, status=status)


def _result(evaluation: Evaluation) -> dict[str, Any]:
    document = evaluation.as_dict()
    interfaces = document["interfaces"]
    return {
        "evaluation": document,
        "role": role(document["role"]),
        "rules": [(verdict(each["verdict"]), each) for each in document["rules"]],
        "interfaces": [
            (verdict(each["verdict"]), each, None) for each in interfaces[:MOST_INTERFACES]
        ],
        "more": max(len(interfaces) - MOST_INTERFACES, 0),
        "unis": evaluation.uni_count,
        "excluded": evaluation.excluded_count,
    }
