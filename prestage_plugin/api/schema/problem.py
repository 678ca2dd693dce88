"""What a problem document looks like, for the schema."""

from typing import Any

from rest_framework import serializers

__all__ = ["ProblemSerializer"]


class FaultSerializer(serializers.Serializer[Any]):
    """One thing that is wrong with a request; one of the first three says where."""

    pointer = serializers.CharField(
        required=False, help_text="Into the body: a JSON pointer as URI fragment, e.g. `#/name`."
    )
    parameter = serializers.CharField(required=False, help_text="Name of a query parameter.")
    header = serializers.CharField(required=False, help_text="Name of a header.")
    code = serializers.CharField(help_text="Stable machine code.")
    detail = serializers.CharField(help_text="One sentence.")


class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457). Programs match `code`; docs/error-codes.md lists them."""

    type = serializers.CharField(help_text="Always `about:blank`.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="One sentence that says what to do next.")
    code = serializers.CharField(help_text="Stable machine code.")
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment]
