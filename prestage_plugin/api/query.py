"""Query parameters: a mistyped filter must not answer with everything."""

from collections.abc import Iterable

from django.http import QueryDict

from prestage_plugin.api.problems import Fault, InvalidRequest

__all__ = ["Query", "invalid_parameter"]

_OF_EVERY_LIST = ("cursor", "page_size", "format")
_BOOLEANS = {"true": True, "false": False}


def invalid_parameter(name: str, detail: str, *, code: str = "invalid") -> InvalidRequest:
    """Return the error for a query parameter.

    Args:
        name: The parameter.
        detail: One sentence.
        code: Machine code.
    """
    return InvalidRequest(Fault(kind="parameter", name=name, code=code, detail=detail))


class Query:
    """The query parameters of a list.

    Args:
        parameters: As the request has them.
        filters: Names of the list's own filters.

    Raises:
        InvalidRequest: `unknown-parameter`.
    """

    def __init__(self, parameters: QueryDict, *, filters: Iterable[str]) -> None:
        allowed = [*filters, *_OF_EVERY_LIST]
        for name in parameters:
            if name not in allowed:
                raise invalid_parameter(
                    name,
                    f"There is no such parameter; there are {', '.join(allowed)}.",
                    code="unknown-parameter",
                )
        self._parameters = parameters

    def choices(self, name: str, allowed: Iterable[str]) -> list[str]:
        """Return the values of a filter that may be repeated; none when it is not given.

        Raises:
            InvalidRequest: `invalid-choice`.
        """
        known = list(allowed)
        given = self._parameters.getlist(name)
        if any(value not in known for value in given):
            words = ", ".join(value or "(empty)" for value in known)
            raise invalid_parameter(name, f"It must be one of {words}.", code="invalid-choice")
        return given

    def text(self, name: str) -> str | None:
        """Return a filter's text, None when it is not given.

        Raises:
            InvalidRequest: `invalid`, for a NUL character.
        """
        value = self._parameters.get(name)
        if value is not None and "\x00" in value:
            raise invalid_parameter(name, "NUL characters are not allowed.")
        return value

    def boolean(self, name: str) -> bool | None:
        """Return a filter's truth, None when it is not given.

        Raises:
            InvalidRequest: `invalid-choice`.
        """
        given = self.choices(name, _BOOLEANS)
        return _BOOLEANS[given[-1]] if given else None
