"""The settings of auto prestaging: one page, no list."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from prestage_plugin.conf import get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.models import AutoSettings
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.auto import auto_settings, edit_auto_settings
from prestage_plugin.services.auto_words import describe_changes
from prestage_plugin.states import ChangeSource

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[AutoSettings]
    _FormBase = forms.ModelForm[AutoSettings]
else:
    _Base = admin.ModelAdmin
    _FormBase = forms.ModelForm

__all__ = ["AutoSettingsAdmin", "AutoSettingsForm"]


class AutoSettingsForm(_FormBase):
    """What people can change; an empty field follows the site's settings."""

    muted_sources = forms.MultipleChoiceField(
        label=gettext_lazy("Muted sources"),
        choices=ChangeSource.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Events from these are recorded and start nothing."),
    )

    class Meta:
        model = AutoSettings
        fields = ("enabled", "wait", "idle", "most_jobs", "muted_sources")
        # Histories name them so, see `describe_changes`.
        labels = {
            "enabled": gettext_lazy("Auto prestaging"),
            "wait": gettext_lazy("Wait"),
            "idle": pgettext_lazy("auto prestaging", "Idle"),
            "most_jobs": gettext_lazy("Parallel auto jobs"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = get_settings()
        on, off = _("On"), _("Off")
        enabled = forms.NullBooleanSelect()
        enabled.choices = [
            ("unknown", _("As the site says (%(word)s)") % {"word": on if site.auto else off}),
            ("true", on),
            ("false", off),
        ]
        self.fields["enabled"].widget = enabled
        for name, value in (
            ("wait", site.auto_wait),
            ("idle", site.auto_idle),
            ("most_jobs", site.auto_jobs),
        ):
            self.fields[name].widget.attrs["placeholder"] = f"{value:g}"


@admin.register(AutoSettings)
class AutoSettingsAdmin(_Base):
    """Shows the form where other models show a list."""

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one, always."""
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AutoSettings | None = None) -> bool:
        """There is one, always."""
        del request, obj
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the page's address alone: the others would write around the service."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="prestage_autosettings_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show and take the form."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        may_change = self.has_change_permission(request)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        row = auto_settings()
        form = AutoSettingsForm(request.POST or None, instance=row)
        if request.method == "POST" and form.is_valid():
            try:
                self._change(request, form)
            except Refused as refusal:
                form.add_error(None, translate_sentence(refusal.text))
            else:
                self.message_user(request, _("The settings hold from now on."), messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:prestage_autosettings_changelist"))
        if not may_change:
            for field in form.fields.values():
                field.disabled = True
        context = {
            **self.admin_site.each_context(request),
            "title": _("Auto prestaging"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "may_change": may_change,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/prestage/autosettings/form.html", context)

    def _change(self, request: HttpRequest, form: AutoSettingsForm) -> None:
        """Change the settings, and write down who changed what.

        Raises:
            Refused: A value cannot be; nothing was written.
        """
        with transaction.atomic():
            before, after = edit_auto_settings(change=form.cleaned_data)
            for change in describe_changes(before, after):
                self.log_change(request, after, change)
