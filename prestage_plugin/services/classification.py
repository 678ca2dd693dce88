"""Judge a configuration that somebody hands in: nothing of it is stored, logged or repeated."""

from collections.abc import Sequence
from dataclasses import dataclass

from nornir_tasks.classification import classify
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.evaluation import Evaluation
from nornir_tasks.rules import RoleException
from nornir_tasks.xml import XmlError, XmlFlaw
from prestage_plugin.errors import Refused
from prestage_plugin.services.role_exceptions import checked_value
from prestage_plugin.services.rule_choice import RuleChoice

__all__ = ["MOST_BYTES", "Document", "classify_document"]

MOST_BYTES = 8 * 1024 * 1024
"""Largest configuration that is judged."""

_WORDS = {
    XmlFlaw.TOO_DEEP: "The configuration is nested too deeply.",
    XmlFlaw.DOCTYPE: "The configuration has a DOCTYPE, which is refused; remove it.",
    XmlFlaw.EMPTY: "The configuration is empty; XML was expected.",
    XmlFlaw.NOT_XML: "The configuration is not XML: it does not start with <.",
    XmlFlaw.ENCODING: "The encoding of the configuration cannot be read; save it as UTF-8.",
    XmlFlaw.MALFORMED: "The configuration is not well-formed XML.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A configuration to judge.

    Attributes:
        data: XML, in whatever wrapper it was saved.
        device: Name of the device; None to take the configured host name.
        platform: Whose syntax it is in.
        exceptions: Kinds and values of exceptions for the device itself.
    """

    data: bytes
    device: str | None = None
    platform: str = "junos"
    exceptions: Sequence[tuple[str, str]] = ()


def classify_document(*, document: Document, rules: RuleChoice) -> tuple[Evaluation, ...]:
    """Judge a configuration.

    Args:
        document: What to judge.
        rules: By which rules.

    Returns:
        The main system first, then one per logical system.

    Raises:
        Refused: `payload-too-large`, `doctype-refused`, `bad-xml`, `no-configuration`,
            `bad-exception` or `unsupported-platform`. Its text holds nothing of the configuration.
    """
    exceptions = [
        RoleException(kind=kind, value=checked_value(kind=kind, value=value))
        for kind, value in document.exceptions
    ]
    try:
        return classify(
            document.data,
            device=document.device,
            platform=document.platform,
            profile=rules.profile,
            capability_policy=rules.capability_policy,
            exceptions=exceptions,
            limit=MOST_BYTES,
        )
    except XmlError as error:
        refusal = _bad_xml(error)
    except PrestageError as error:
        refusal = _bad_document(error)
    # Outside, so that the error, which may quote the configuration, is no part of the refusal.
    raise refusal


def _bad_xml(error: XmlError) -> Refused:
    if error.flaw is XmlFlaw.TOO_LARGE:
        return Refused("payload-too-large", f"The configuration is larger than {MOST_BYTES} bytes.")
    text = _WORDS[error.flaw]
    if error.line is not None:
        text = f"{text.rstrip('.')} (line {error.line})."
    code = "doctype-refused" if error.flaw is XmlFlaw.DOCTYPE else "bad-xml"
    return Refused(code, text)


def _bad_document(error: PrestageError) -> Refused:
    if error.code is ErrorCode.UNSUPPORTED_PLATFORM:
        return Refused("unsupported-platform", error.text)
    if error.code is ErrorCode.RPC_ERROR:
        return Refused("no-configuration", "The document is an error that a device answered with.")
    if error.code is ErrorCode.BAD_REPLY:
        return Refused(
            "no-configuration",
            "The document must hold exactly one <configuration>; save it with "
            "`show configuration | display inheritance | display xml`.",
        )
    raise error
