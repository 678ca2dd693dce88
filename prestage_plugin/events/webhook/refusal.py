"""Refusals of a webhook: a status, a machine code and one sentence."""

from http import HTTPStatus

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818 - it is a refusal, not a defect
    """The message was refused and nothing was written.

    Attributes:
        status: HTTP status.
        code: Stable machine code; `docs/auto-prestaging.md` lists all of them.
        text: One sentence that tells nothing of a secret.
        headers: Headers that belong to the status.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        text: str,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.headers = headers or {}
