"""The bodies that `classify/` takes: JSON, or the configuration itself."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import serializers
from rest_framework.parsers import BaseParser

from prestage_plugin.api.core.fields import StrictCharField, StrictSerializer
from prestage_plugin.api.core.parsing import HostileJSONParser, read_body
from prestage_plugin.models import RoleException
from prestage_plugin.services.classification import MOST_BYTES, Document

__all__ = [
    "ClassifySerializer",
    "LargeJsonParser",
    "RulesSerializer",
    "XmlParser",
    "XmlTextParser",
]

_MOST_EXCEPTIONS = 1000


class LargeJsonParser(HostileJSONParser):
    """JSON that holds a configuration, whose quotes and line ends need a character more."""

    most_bytes = 2 * MOST_BYTES


class XmlParser(BaseParser):
    """A configuration as it is: the one who judges it parses it, and trusts nothing."""

    media_type = "application/xml"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes.

        Args:
            stream: The request's body.
            media_type: Not used: the document says its encoding.
            parser_context: Not used.

        Raises:
            PayloadTooLarge: It is larger than a configuration may be.
        """
        del media_type, parser_context
        return read_body(stream, most_bytes=MOST_BYTES)


class XmlTextParser(XmlParser):
    """The same under the name that is no longer recommended (RFC 7303)."""

    media_type = "text/xml"


class SuggestedExceptionSerializer(StrictSerializer):
    """An exception, as if it were set for the device."""

    kind = serializers.ChoiceField(choices=RoleException.Kind.choices)
    value = StrictCharField(default="", allow_blank=True, max_length=64)


class RulesSerializer(StrictSerializer):
    """By which rules, and whose configuration it is."""

    device = StrictCharField(
        default="", allow_blank=True, max_length=255, help_text="The host name when left out."
    )
    platform = StrictCharField(default="junos", max_length=64)
    profile = StrictCharField(
        default="", allow_blank=True, max_length=32, help_text="The site's when left out."
    )
    capability_policy = StrictCharField(
        default="", allow_blank=True, max_length=8, help_text="The site's when left out."
    )

    def as_document(self, data: bytes) -> Document:
        """Return what is to be judged for the service.

        Args:
            data: The configuration.
        """
        values = self.validated_data
        return Document(
            data=data,
            device=values["device"] or None,
            platform=values["platform"],
            exceptions=[(each["kind"], each["value"]) for each in values.get("exceptions", ())],
        )


class ClassifySerializer(RulesSerializer):
    """A configuration to judge."""

    configuration = StrictCharField(
        trim_whitespace=False, help_text="In XML, in whatever wrapper it was saved."
    )
    exceptions = serializers.ListField(
        child=SuggestedExceptionSerializer(),
        default=list,
        max_length=_MOST_EXCEPTIONS,
        help_text="For the device itself, not for its logical systems.",
    )
