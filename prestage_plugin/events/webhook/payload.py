"""Read the raw body of a request, and no more of it than is allowed."""

from django.http import HttpRequest, UnreadablePostError

from prestage_plugin.events.webhook.refusal import Refusal, RefusalCode

__all__ = ["MOST_BYTES", "read_payload"]

MOST_BYTES = 1024 * 1024
"""A body of NetBox or Nautobot has a few KiB."""

_MOST_DIGITS = 18
"""A longer Content-Length is too large whatever it says."""


def read_payload(request: HttpRequest) -> bytes:
    """Return the raw body.

    What Content-Length says is believed only when it says that the body is too large.

    Args:
        request: A request whose body nobody has read.

    Raises:
        Refusal: The body is too large, was cut off, or came without a length through a server
            that does not hand on such bodies.
    """
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdecimal() and (len(announced) > _MOST_DIGITS or int(announced) > MOST_BYTES):
        raise _too_large()
    try:
        payload: bytes = request.read(MOST_BYTES + 1)
    except UnreadablePostError:
        raise Refusal(RefusalCode.BODY_INCOMPLETE, "The body did not arrive whole.") from None
    if len(payload) > MOST_BYTES:
        raise _too_large()
    if not payload and not announced and "HTTP_TRANSFER_ENCODING" in request.META:
        raise Refusal(
            RefusalCode.LENGTH_REQUIRED,
            "Send the body with a Content-Length and without Transfer-Encoding.",
        )
    return payload


def _too_large() -> Refusal:
    return Refusal(
        RefusalCode.PAYLOAD_TOO_LARGE,
        f"The body is larger than {MOST_BYTES} bytes.",
    )
