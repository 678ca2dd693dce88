"""Tokens of the API: the own ones for everybody who may, all of them for superusers."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.confirming import Confirms
from prestage_plugin.admin.moment_input import LocalMomentInput
from prestage_plugin.admin.pages import own_page
from prestage_plugin.admin.preferences import ZONE_SCRIPT, InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.admin.tokens.revoke import Revoke, token_state
from prestage_plugin.admin.verbs import Report, Verb
from prestage_plugin.errors import Refused
from prestage_plugin.models import ApiToken
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.tokens import create_token
from prestage_plugin.states import TokenScope

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[ApiToken]
    _FormBase = forms.ModelForm[ApiToken]
else:
    _Base = admin.ModelAdmin
    _FormBase = forms.ModelForm

__all__ = ["ApiTokenAdmin"]

_ASKED = ("user", "name", "scopes", "expires_at")
_SHOWN = (
    "name",
    "user",
    "scope_words",
    "prefix",
    "state",
    "expires_at",
    "last_used_at",
    "created_by",
    "created_at",
)


class ApiTokenForm(_FormBase):
    """What a new token is to be; it is made while the form is checked, so that refusals show."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=TokenScope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What it may do, as far as its user may."),
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Expires"), widget=LocalMomentInput, required=False
    )

    class Meta:
        model = ApiToken
        fields = _ASKED


@admin.register(ApiToken)
class ApiTokenAdmin(InUsersZone, WithoutNul, Confirms, _Base):
    """Tokens are made and revoked, never changed; the secret is shown once."""

    form = ApiTokenForm
    list_display = _SHOWN
    list_select_related = ("user",)
    confirmed_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}
        js = [ZONE_SCRIPT]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Return the own tokens, or all for superusers."""
        tokens = super().get_queryset(request)
        assert isinstance(request.user, User)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """Return what is asked for a new token, or all that is known of one."""
        del request
        return _ASKED if obj is None else _SHOWN

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiToken | None = None
    ) -> tuple[str, ...]:
        """Return what is only shown: all of a token that there is."""
        del request
        return () if obj is None else _SHOWN

    def get_form(
        self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> "type[forms.ModelForm[ApiToken]]":
        """Return a form in which only superusers can name another user."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            return form
        users = User.objects.filter(is_active=True)
        if not request.user.is_superuser:
            # A token for somebody else would be a way to somebody else's permissions.
            users = users.filter(pk=request.user.pk)
        field = form.base_fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.initial = users, request.user.pk
        return form

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token by the service that also makes its secret."""
        del change
        values = form.cleaned_data
        token, secret = create_token(
            user=values["user"],
            name=values["name"],
            scopes=values["scopes"],
            expires_at=values["expires_at"],
            created_by=request.user.get_username(),
        )
        obj.pk, obj.prefix = token.pk, token.prefix
        # For the answer to this request alone.
        request.prestage_secret = secret  # type: ignore[attr-defined]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form; what the service refuses is said on it."""
        # Only one button: the secret is shown next, whichever it is.
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        extra_context = buttons | (extra_context or {})
        try:
            return super().add_view(request, form_url, extra_context)
        except Refused as refusal:
            self.message_user(request, translate_sentence(refusal.text), messages.ERROR)
            request.method = "GET"
            return super().add_view(request, form_url, extra_context)

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, in this answer and nowhere else: no cookie and no session hold it."""
        del post_url_continue
        secret: str = request.prestage_secret  # type: ignore[attr-defined]
        title = _("The token %(name)s") % {"name": obj.name}
        context = own_page(self, request, title=title, secret=secret)
        response = TemplateResponse(request, "admin/prestage/apitoken/secret.html", context)
        add_never_cache_headers(response)
        return response

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """A token is what it was made for."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Histories name tokens, so they stay; revoking ends them."""
        del request, obj
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may make tokens may end the own ones."""
        return self.has_add_permission(request)

    @admin.display(description=gettext_lazy("Scopes"))
    def scope_words(self, token: ApiToken) -> str:
        """Return what it may do."""
        return ", ".join(token.scopes)

    @admin.display(description=gettext_lazy("State"))
    def state(self, token: ApiToken) -> str:
        """Return whether it can be used."""
        return token_state(token)

    @admin.action(description=Revoke.label, permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> HttpResponse | None:
        """Ask, then end tokens for good."""
        return self.confirm(request, tokens, Revoke)

    def where_to(self, request: HttpRequest, verb: Verb[Any], report: Report) -> str:
        """Go back to the list, where the token is beside the others."""
        del request, verb, report
        return self.list_url()
