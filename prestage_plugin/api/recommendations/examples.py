"""Examples of recommendations, for the schema."""

from drf_spectacular.utils import OpenApiExample

from prestage_plugin.api.devices.examples import DEVICE
from prestage_plugin.api.recommendations.documents import RecommendationSerializer

__all__ = ["ALL", "RECOMMENDATION", "SOME"]

_VALUES = DEVICE.value | {
    "state": "unconfirmed",
    "state_display": "Unconfirmed",
    "assignable": True,
    "assigned_role": None,
    "assigned_role_display": None,
    "assigned_loopback": None,
}
RECOMMENDATION = OpenApiExample(
    "An N-PE router that nobody has confirmed",
    value={name: _VALUES[name] for name in RecommendationSerializer.Meta.fields},
    response_only=True,
)
SOME = OpenApiExample("Two of them", value={"ids": [7, 9]}, request_only=True)
ALL = OpenApiExample(
    "All that can be confirmed as N-PE",
    value={"all": True, "recommended_role": "N-PE"},
    request_only=True,
)
