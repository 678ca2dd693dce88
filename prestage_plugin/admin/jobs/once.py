"""What makes a form that is sent twice one request."""

import uuid

from django import forms

__all__ = ["OnceForm"]


class OnceForm(forms.Form):
    """Holds a key: the same page sent twice, as by a double click, does its work once."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
