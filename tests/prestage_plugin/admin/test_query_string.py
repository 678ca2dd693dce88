"""What no list may hand on to the database."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.factories import make_evaluated_device

LISTS = {
    str(model._meta.model_name): model_admin
    for model, model_admin in admin.site._registry.items()
    if model._meta.app_label == "prestage" and model._meta.model_name != "autosettings"
}
PLACES = ("q", "p", "o", "user", "device", "id__exact", "name__contains", "state__exact")


def filters_of(name: str) -> list[str]:
    """Return what the list may be narrowed down by, in its query string."""
    filters = LISTS[name].list_filter
    stock = [each for each in filters if isinstance(each, str)]
    own = [getattr(each, "parameter_name", None) for each in filters]
    return [*(f"{each}__exact" for each in stock), *(each for each in own if each), *PLACES]


def refuse_nul(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Do what PostgreSQL does."""
    if any("\x00" in value for value in params or () if isinstance(value, str)):
        text = "A string literal cannot contain NUL (0x00) characters."
        raise ValueError(text)
    return execute(sql, params, many, context)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_nul_is_not_handed_on_which_postgresql_refuses(db: None, name: str) -> None:
    make_evaluated_device("pe1")
    client = browser_of(User.objects.create_superuser("root"))
    address = reverse(f"admin:prestage_{name}_changelist")

    with connection.execute_wrapper(refuse_nul):
        for parameter in filters_of(name):
            assert client.get(f"{address}?{parameter}=a%00b").status_code in {200, 302}, parameter
