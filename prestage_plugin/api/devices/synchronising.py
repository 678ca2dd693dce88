"""Makes the devices those of the inventory."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nornir_tasks.errors import PrestageError
from prestage_plugin.api.core.fields import NothingSerializer
from prestage_plugin.api.core.permissions import InScope, MayViewDevices, may
from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.errors import Refused
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.states import TokenScope

__all__ = ["DeviceSynchroniseView"]

_SYNCHRONISED = OpenApiExample(
    "Two routers are new",
    value={"added": 2, "updated": 0, "removed": 1, "unchanged": 37},
    response_only=True,
)

# As in the admin.
_MayChange = may("change_device", "synchronise devices")


class SynchronisedSerializer(serializers.Serializer[Any]):
    """What a synchronisation did, in numbers of devices."""

    added = serializers.IntegerField()
    updated = serializers.IntegerField(help_text="Their address, platform or groups changed.")
    removed = serializers.IntegerField(help_text="No longer in the inventory; their rows stay.")
    unchanged = serializers.IntegerField()


class DeviceSynchroniseView(PrestageView):
    """Reads the inventory anew; repeating it changes nothing more."""

    permission_classes = [InScope, MayViewDevices, _MayChange]
    write_scope = TokenScope.SITE
    answers = {"post": (409,)}

    @describe(
        operation_id="synchronise_devices",
        summary="Synchronise the devices with the inventory",
        request=NothingSerializer,
        responses=SynchronisedSerializer,
        examples=[_SYNCHRONISED],
    )
    def post(self, request: Request) -> Response:
        """Add what is new, note what is gone; what is new or changed is prestaged by itself.

        409 with the code `inventory` when the inventory cannot be read; nothing was changed.
        """
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        try:
            report = sync_devices()
        except PrestageError as error:
            raise Refused(str(error.code), error.text, conflict=True) from None
        return Response(asdict(report))
