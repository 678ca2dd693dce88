"""Filters of lists: a mistyped filter must not answer with everything."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.drainage import set_override
from rest_framework.request import Request

from prestage_plugin.api.core.fields import BadInstant, parse_instant
from prestage_plugin.api.core.problems import Fault, InvalidRequest, invalid_parameter

__all__ = [
    "AnyNumber",
    "AnyOf",
    "AnyText",
    "Filters",
    "InstantFilter",
    "NumberIs",
    "TextFilter",
    "TruthFilter",
    "check_parameters",
]

_LARGEST = 2**63 - 1
_DIGITS = 19
"""Fewer than these fit into a number that every database takes."""

_CODES = {"null_characters_not_allowed": "invalid"}


class _TruthField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value is None:
            return None
        if value not in {"true", "false"}:
            raise ValidationError("It must be one of true, false.", code="invalid_choice")
        return bool(value == "true")


class _InstantField(forms.Field):
    def to_python(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            return parse_instant(value)
        except BadInstant as error:
            text = "It must be a time with its zone, such as 2027-01-31T02:00:00Z."
            raise ValidationError(text, code=error.code) from None


class _WholeNumberField(forms.IntegerField):
    widget = forms.TextInput
    default_error_messages = {"invalid": "It must be a whole number."}


class AnyOf(filters.MultipleChoiceFilter):
    """One of several words; the parameter may be repeated, which means or."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A join would give a row for each match, and these have none.
        super().__init__(*args, **{"distinct": False} | kwargs)


class _AnyTextField(forms.MultipleChoiceField):
    def valid_value(self, value: Any) -> bool:
        if "\x00" in value:
            raise ValidationError("It must not hold NUL characters.", code="invalid")
        return True


class _AnyNumberField(forms.MultipleChoiceField):
    def to_python(self, value: Any) -> Any:
        texts = super().to_python(value)
        if not all(each.isascii() and each.isdigit() and len(each) < _DIGITS for each in texts):
            raise ValidationError("Each must be a whole number.", code="invalid")
        return [int(each) for each in texts]

    def valid_value(self, value: Any) -> bool:
        del value
        return True


class _Listed(AnyOf):
    """What may be repeated without being one of a few words."""

    shape: ClassVar[dict[str, Any]]

    def __init__(self, *args: Any, help_text: str, **kwargs: Any) -> None:
        super().__init__(*args, help_text=help_text, **kwargs)
        set_override(self, "field", self.shape | {"description": help_text})

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Return the rows that have one of the values, which is one condition."""
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class AnyText(_Listed):
    """One of several texts; the parameter may be repeated, which means or."""

    field_class = _AnyTextField
    shape = {"type": "string"}


class AnyNumber(_Listed):
    """One of several whole numbers; the parameter may be repeated, which means or."""

    field_class = _AnyNumberField
    shape = {"type": "integer", "minimum": 0}


class TextFilter(filters.CharFilter):
    """A text as it was given, blanks included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"strip": False} | kwargs)


class TruthFilter(filters.BooleanFilter):
    """`true` or `false`, not `1` or `yes`."""

    field_class = _TruthField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": forms.TextInput} | kwargs)


class InstantFilter(filters.IsoDateTimeFilter):
    """A time with its zone."""

    field_class = _InstantField


class NumberIs(filters.NumberFilter):
    """A whole number that every database takes."""

    field_class = _WholeNumberField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": 0, "max_value": _LARGEST} | kwargs)

    def get_max_validator(self) -> None:
        """The field has a limit already."""


class Filters(filters.DjangoFilterBackend):
    """Applies a view's `filterset_class`, and answers with problem documents."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Return the rows that the parameters ask for.

        Raises:
            InvalidRequest: Naming every parameter that is wrong.
        """
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        for name, each in filterset.filters.items():
            chosen = isinstance(each, filters.MultipleChoiceFilter)
            if not chosen and request.query_params.get(name) == "":
                raise invalid_parameter(name, "It must not be empty.")
        if not filterset.is_valid():
            raise InvalidRequest(*_faults(filterset.form))
        found: QuerySet[Any] = filterset.qs
        return found


def check_parameters(request: Request, known: Sequence[str]) -> None:
    """Refuse query parameters that do not exist.

    Args:
        request: Of any method.
        known: Names.

    Raises:
        InvalidRequest: `unknown-parameter`.
    """
    for name in request.query_params:
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there are none"
            raise invalid_parameter(
                name, f"There is no such parameter; {there}.", code="unknown-parameter"
            )


def _faults(form: forms.Form) -> list[Fault]:
    return [
        Fault(
            kind="parameter",
            name=name,
            code=_CODES.get(str(error.code), str(error.code).replace("_", "-")),
            detail=_sentence(form, name, error),
        )
        for name, errors in form.errors.as_data().items()
        for error in errors
    ]


def _sentence(form: forms.Form, name: str, error: ValidationError) -> str:
    choices = getattr(form.fields[name], "choices", None)
    if error.code == "invalid_choice" and choices is not None:
        words = ", ".join(str(value) or "(empty)" for value, _word in choices)
        return f"It must be one of {words}."
    return " ".join(error.messages)
