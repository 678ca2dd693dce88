"""Find what matters in a reply or a saved document, whatever it is wrapped in."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.xml import LOCAL_NAMES, children_of, local_name

__all__ = ["Found", "find", "find_configuration"]

_MESSAGE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What a document holds.

    Attributes:
        configurations: `configuration` elements, those inside another one left out.
        interface_information: `interface-information` elements.
        error: Message of the first `rpc-error` of severity error; None when there is none.
    """

    configurations: tuple[etree._Element, ...]
    interface_information: tuple[etree._Element, ...]
    error: str | None


def find(document: etree._Element) -> Found:
    """Look through the wrappers of a document: `rpc-reply`, `data`, routing engines, ..."""
    found: dict[str, list[etree._Element]] = {
        "configuration": [],
        "interface-information": [],
        "rpc-error": [],
    }
    stack = [document]
    while stack:
        element = stack.pop()
        kind = found.get(LOCAL_NAMES[element.tag])
        if kind is None:
            stack.extend(children_of(element))
        else:
            kind.append(element)
    errors = [e for e in found["rpc-error"] if _text(e, "error-severity") != "warning"]
    return Found(
        tuple(found["configuration"]),
        tuple(found["interface-information"]),
        _error_message(errors[-1]) if errors else None,
    )


def find_configuration(document: etree._Element) -> etree._Element:
    """Return the one configuration of a document.

    Raises:
        PrestageError: `rpc-error` when the document is an error, `bad-reply` when it does not
            hold exactly one configuration.
    """
    found = find(document)
    if found.error is not None:
        raise PrestageError(
            ErrorCode.RPC_ERROR, f"The device answered with an error: {found.error}"
        )
    if not found.configurations:
        raise PrestageError(
            ErrorCode.BAD_REPLY,
            f"No <configuration> was found in <{local_name(document.tag)[:80]}>; "
            "save it with `show configuration | display inheritance | display xml`.",
        )
    if len(found.configurations) > 1:
        raise PrestageError(
            ErrorCode.BAD_REPLY,
            f"{len(found.configurations)} configurations were found in one document; "
            "give each in a document of its own.",
        )
    return found.configurations[0]


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if local_name(child.tag) == name)


def _text(element: etree._Element, name: str) -> str:
    return next(((child.text or "").strip() for child in _children(element, name)), "")


def _error_message(error: etree._Element) -> str:
    message = " ".join(_text(error, "error-message").split())
    return message[:_MESSAGE_LENGTH] or "no message."
