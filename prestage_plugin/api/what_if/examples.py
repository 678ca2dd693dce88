"""An example of what other rules would recommend, for the schema."""

from drf_spectacular.utils import OpenApiExample

__all__ = ["PROSPECT"]

_ADDRESS = "https://example.org/prestage/api/v1/"
_DEVICE = f"{_ADDRESS}devices/7/"

PROSPECT = OpenApiExample(
    "A P router that the profile `extended` takes for an N-PE",
    value={
        "next": f"{_ADDRESS}what-if/?profile=extended&cursor=InBlMSI",
        "tally": {
            "examined": 250,
            "unknown": 3,
            "roles": [{"now": "P", "then": "N-PE", "count": 1}],
        },
        "results": [
            {
                "id": 7,
                "name": "pe1",
                "router": None,
                "assigned_role": "P",
                "assigned_role_display": "P",
                "changes": ["role", "reason", "flags"],
                "changes_role": True,
                "would_drift": True,
                "now": {
                    "role": "P",
                    "role_display": "P",
                    "reason": "ebgp",
                    "loopback": "10.0.0.7",
                    "capabilities": ["l3"],
                    "flags": [],
                    "uni_count": 12,
                    "excluded_count": 36,
                },
                "then": {
                    "role": "N-PE",
                    "role_display": "N-PE",
                    "reason": "capabilities",
                    "loopback": "10.0.0.7",
                    "capabilities": ["l3"],
                    "flags": ["asbr"],
                    "uni_count": 12,
                    "excluded_count": 36,
                },
                "problem": None,
                "links": {"device": _DEVICE, "evidence": f"{_DEVICE}evidence/"},
            }
        ],
    },
    response_only=True,
)
