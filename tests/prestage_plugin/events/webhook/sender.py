"""What sends webhooks in the tests."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

__all__ = ["SECRETS", "Sender", "sign", "url_of"]

SECRETS = {
    "netbox": "the-secret-of-netbox-0123456789abcdef",
    "nautobot": "the-secret-of-nautobot-0123456789abcdef",
    "ci": "the-secret-of-ci-0123456789abcdef",
}


def url_of(name: str) -> str:
    return f"/prestage/events/webhook/{name}/"


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def to_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@dataclass
class Sender:
    """Posts bodies as NetBox, Nautobot or a script would.

    Attributes:
        name: The name in the URL.
        header: The header of the signature.
    """

    name: str
    header: str = "X-Hook-Signature"
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def post(self, body: Any, *, secret: str | None = None) -> "Response":
        """Send a body, signed with the own secret or another one."""
        payload = to_bytes(body)
        signature = sign(payload, SECRETS[self.name] if secret is None else secret)
        return self.post_with({self.header: signature}, payload)

    def post_with(self, headers: Mapping[str, str], payload: bytes) -> "Response":
        """Send a body with exactly these headers."""
        return self.client.post(
            url_of(self.name), payload, content_type="application/json", headers=dict(headers)
        )
