"""Refusals of the services: a machine code and one sentence, the same in API, admin and CLI."""

__all__ = ["Refused"]


class Refused(Exception):  # noqa: N818 - it is a refusal, not a defect
    """A request that cannot be granted; nothing was written.

    Attributes:
        code: Stable machine code, e.g. `no-devices`.
        text: One sentence that says what to do next.
        conflict: The request was right but the present state forbids it (HTTP 409).
    """

    def __init__(self, code: str, text: str, *, conflict: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.conflict = conflict
