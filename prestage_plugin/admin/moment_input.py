"""How people say when."""

from django import forms

__all__ = ["LocalMomentInput"]


class LocalMomentInput(forms.DateTimeInput):
    """A field in which the browser lets people choose a date and a time of the day."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")
