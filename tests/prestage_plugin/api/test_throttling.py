import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from prestage_plugin.api.core.throttling import forget_reads
from prestage_plugin.conf import parse_rate
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_user

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


def limit(settings: Any, **rates: str | None) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"API_RATES": rates}


@pytest.mark.parametrize(("scope", "method"), [("read", "get"), ("jobs", "post")])
def test_who_asks_too_often_is_told_when_to_come_back(
    api: APIClient, operator: User, settings: Any, scope: str, method: str
) -> None:
    make_devices(1)
    limit(settings, **{scope: "2/day"})
    ask = getattr(api, method)

    statuses = [ask(JOBS, format="json").status_code for _ in range(2)]
    response = ask(JOBS, format="json")

    assert 429 not in statuses
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 86_400


def test_callers_and_scopes_are_counted_apart(
    api: APIClient, operator: User, settings: Any
) -> None:
    make_devices(1)
    limit(settings, read="1/day", jobs="1/day")
    clients = [
        api,
        client_with(make_token(operator, "read", "jobs", name="a")),
        client_with(make_token(operator, "read", "jobs", name="b")),
        client_of(make_user("bob", *OPERATOR)),
    ]

    for client in clients:
        assert client.get(JOBS).status_code == 200
        assert client.post(JOBS, {}, format="json").status_code == 202
        assert client.get(JOBS).status_code == 429
        assert client.post(JOBS, {}, format="json").status_code == 429


def test_heavy_computations_are_counted_apart_and_over_all_processes(
    api: APIClient, operator: User, settings: Any
) -> None:
    make_devices(1)
    limit(settings, compute="2/day")
    classify = {"configuration": "<configuration/>"}

    def ask() -> list[int]:
        answers = [
            api.get("/prestage/api/v1/what-if/"),
            api.post("/prestage/api/v1/classify/", classify, format="json"),
        ]
        return [answer.status_code for answer in answers]

    first = ask()
    forget_reads()  # as another process of the site
    then = ask()

    assert (first, then) == ([200, 200], [429, 429])
    assert api.get(JOBS).status_code == 200


def test_strangers_are_counted_by_address(settings: Any) -> None:
    limit(settings, anonymous="1/day")
    here, there = client_of(None), client_of(None)
    there.defaults["REMOTE_ADDR"] = "192.0.2.1"
    path = "/prestage/api/v1/schema/"

    assert [here.get(path).status_code for _ in range(2)] == [200, 429]
    assert there.get(path).status_code == 200


def test_no_limit_is_none(api: APIClient, settings: Any) -> None:
    limit(settings, read=None)

    assert api.get(JOBS).status_code == 200


@pytest.mark.parametrize("rate", ["5", "5/", "0/minute", "-1/minute", "5/fortnight", "x/day"])
def test_what_is_no_rate(rate: str) -> None:
    with pytest.raises(ValueError, match=re.escape(rate)):
        parse_rate(rate)
