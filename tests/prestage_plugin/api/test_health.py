from typing import Any

import pytest
from django.db import OperationalError

from prestage_plugin import queue
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db
HEALTH = "/prestage/api/v1/health/"


def test_who_may_view_jobs_learns_everything_and_others_the_status() -> None:
    full = client_of(make_user("alice", "view_job")).get(HEALTH)
    short = client_of(make_user("bob")).get(HEALTH)

    assert full.status_code == short.status_code == 200
    assert full.json()["checks"]["database"] == {
        "status": "ok",
        "text": "The database answers.",
    }
    assert short.json() == {"status": full.json()["status"]}
    assert client_of(None).get(HEALTH).status_code == 401


def test_a_site_that_is_down_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "size", lambda: 1 / 0)

    response = client_of(make_user("alice", "view_job")).get(HEALTH)

    assert (response.status_code, response.json()["status"]) == (503, "down")
    assert response["Content-Type"] == "application/json"


def test_without_a_database_every_address_is_503_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("connection to 10.0.0.1 as prestage failed")

    client = client_of(make_user("alice", "view_job"))
    monkeypatch.setattr("prestage_plugin.api.core.authentication.authenticate_token", fail)

    response = client.get(HEALTH, headers={"Authorization": "Bearer x"})

    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
    assert response["Retry-After"] == "5"
    assert "10.0.0.1" not in response.content.decode() + caplog.text
