"""The settings of auto prestaging: read, change."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from prestage_plugin.api.auto_settings.documents import AutoSettingsSerializer
from prestage_plugin.api.auto_settings.requests import AutoSettingsRequestSerializer
from prestage_plugin.api.core.audit import note_edit
from prestage_plugin.api.core.conditional import check_match, entity_tag
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.core.view import DocumentView
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.models import AutoSettings
from prestage_plugin.services.auto import EDITABLE, auto_policy, auto_settings, edit_auto_settings
from prestage_plugin.services.auto_words import describe_changes
from prestage_plugin.states import TokenScope

__all__ = ["AutoSettingsView"]

_CHANGE = OpenApiExample(
    "Wait longer, and listen to syslog no more",
    value={"wait": 60, "muted_sources": ["syslog"]},
    request_only=True,
)
_SETTINGS = OpenApiExample(
    "Switched on whatever the site says",
    value={
        "enabled": True,
        "wait": 60,
        "idle": None,
        "most_jobs": None,
        "muted_sources": ["syslog"],
        "in_force": {"enabled": True, "wait": 60, "idle": 10, "most_jobs": 4},
    },
    response_only=True,
)


class MayUseAutoSettings(BasePermission):
    """As in the admin."""

    message = (
        "The settings of auto prestaging are read with the permission prestage.view_autosettings, "
        "and changed with prestage.change_autosettings."
    )

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        verbs = ("view", "change") if request.method in SAFE_METHODS else ("change",)
        return any(request.user.has_perm(f"prestage.{verb}_autosettings") for verb in verbs)


class AutoSettingsView(DocumentView[AutoSettings]):
    """The one document of settings."""

    serializer_class = AutoSettingsSerializer
    queryset = AutoSettings.objects.none()  # for the schema
    permission_classes = [InScope, MayUseAutoSettings]
    write_scope = TokenScope.SITE
    edited = ("patch",)

    def get_object(self) -> AutoSettings:
        """Return the settings, which are there whether or not somebody has set any."""
        return auto_settings()

    def version_of(self, row: AutoSettings) -> Iterable[Any]:
        """Return what people have set, and what holds, for which the site's settings count too."""
        policy = auto_policy(row)
        held = [policy.enabled, policy.wait, policy.idle, policy.most_jobs]
        return [*(getattr(row, name) for name in EDITABLE), *held]

    @describe(
        operation_id="read_auto_settings",
        summary="Read the settings of auto prestaging",
        examples=[_SETTINGS],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What people have set, and under `in_force` what holds now."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="change_auto_settings",
        summary="Change the settings of auto prestaging",
        request=AutoSettingsRequestSerializer,
        responses=AutoSettingsSerializer,
        examples=[_CHANGE, _SETTINGS],
    )
    def patch(self, request: Request) -> Response:
        """Replace what is given; it holds from now on, without a restart.

        What was muted and no longer is counts again.
        """
        body = AutoSettingsRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            before, after = edit_auto_settings(
                change=body.validated_data,
                check=lambda row: check_match(request, self.version_of(row)),
            )
            for text in describe_changes(before, after):
                rows = {after.pk: str(after)}
                note_edit(request, model=AutoSettings, rows=rows, text=text)
        tag = entity_tag(request, self.version_of(after))
        return Response(self.get_serializer(after).data, headers={"ETag": tag})
