"""Sparse documents: `?fields=id,state`."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from prestage_plugin.api.core.problems import invalid_parameter

__all__ = ["keep_wanted_fields"]


def keep_wanted_fields(serializer: BaseSerializer[Any], request: Request) -> None:
    """Drop the fields that were not asked for.

    Args:
        serializer: Of one row or of many.
        request: Its `fields` names top-level fields, with commas between; all when it is not given.

    Raises:
        InvalidRequest: `invalid-choice`.
    """
    given = request.query_params.get("fields")
    if given is None:
        return
    document = serializer.child if isinstance(serializer, ListSerializer) else serializer
    assert isinstance(document, Serializer)
    wanted = {name.strip() for name in given.split(",")}
    known = set(document.fields)
    if not wanted <= known:
        names = ", ".join(document.fields)
        raise invalid_parameter("fields", f"It takes of {names}.", code="invalid-choice")
    for name in known - wanted:
        document.fields.pop(name)
