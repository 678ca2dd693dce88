"""Examples of tokens, for the schema."""

from drf_spectacular.utils import OpenApiExample

__all__ = ["CREATE", "REVOKED", "TOKEN"]

_VALUES = {
    "id": 3,
    "name": "ci",
    "prefix": "k3v9x0b2m1qz",
    "user": "alice",
    "scopes": ["read", "jobs"],
    "created_at": "2026-11-01T12:00:00Z",
    "created_by": "alice",
    "expires_at": "2027-02-01T12:00:00Z",
    "revoked_at": None,
    "last_used_at": "2026-11-23T08:15:00Z",
    "links": {"self": "https://example.org/prestage/api/v1/tokens/3/"},
}

TOKEN = OpenApiExample("The token of a pipeline", value=_VALUES, response_only=True)
REVOKED = OpenApiExample(
    "It ended", value=_VALUES | {"revoked_at": "2026-11-24T07:00:00Z"}, response_only=True
)
CREATE = OpenApiExample(
    "Of a secret that the caller has made and keeps",
    value={
        "name": "ci",
        "scopes": ["read", "jobs"],
        "prefix": "k3v9x0b2m1qz",
        "digest": "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92",
        "expires_at": "2027-02-01T12:00:00Z",
    },
    request_only=True,
)
