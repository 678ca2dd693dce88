"""A message counts as long as its time is near ours."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from prestage_plugin.models import ChangeEvent
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db

WINDOW = 300
FORMS = {
    "Unix seconds": lambda moment: int(moment.timestamp()),
    "with a fraction": lambda moment: moment.timestamp(),
    "as text": lambda moment: str(int(moment.timestamp())),
    "ISO 8601": lambda moment: moment.isoformat(),
    "with a blank": str,
    "with Z": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "in another zone": lambda moment: moment.astimezone(timezone(timedelta(hours=9))).isoformat(),
    "without a zone": lambda moment: moment.replace(tzinfo=None).isoformat(),
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@forms
@pytest.mark.parametrize("seconds", [-WINDOW + 60, 0, WINDOW - 60])
def test_inside_the_window_it_is_accepted(script: Sender, form: Any, seconds: int) -> None:
    make_devices("pe1")
    timestamp = form(datetime.now(UTC) + timedelta(seconds=seconds))
    assert script.post(bodies.generic("pe1", timestamp=timestamp)).status_code == 202
    assert ChangeEvent.objects.count() == 1


@forms
@pytest.mark.parametrize("seconds", [-10 * WINDOW, -WINDOW - 2, WINDOW + 60, 10 * WINDOW])
def test_outside_it_is_refused_and_told_by_how_much(
    script: Sender, form: Any, seconds: int
) -> None:
    make_devices("pe1")
    timestamp = form(datetime.now(UTC) + timedelta(seconds=seconds))
    response = script.post(bodies.generic("pe1", timestamp=timestamp))
    assert response.status_code == 400
    problem = response.json()
    assert problem["code"] == "timestamp-outside-window"
    assert ("in the future" in problem["detail"]) == (seconds > 0)
    assert "300 are allowed" in problem["detail"]
    assert not ChangeEvent.objects.exists()


@pytest.mark.parametrize("timestamp", [0, -1, 1e300, "0001-01-01", "9999-12-31T23:59:59Z"])
def test_however_far_away(script: Sender, timestamp: Any) -> None:
    response = script.post(bodies.generic("pe1", timestamp=timestamp))
    assert response.json()["code"] == "timestamp-outside-window"


@pytest.mark.parametrize(
    "timestamp",
    ["", "yesterday", "12:00", "\ud800", "٣x", True, False, [], {}, [1], 10**400, "9" * 400, "1e9"],
)
def test_a_time_that_cannot_be_understood_is_refused(script: Sender, timestamp: Any) -> None:
    response = script.post(bodies.generic("pe1", timestamp=timestamp))
    assert (response.status_code, response.json()["code"]) == (400, "timestamp-invalid")


def test_a_time_beyond_all_floats_is_refused(script: Sender) -> None:
    response = script.post(b'{"devices": ["pe1"], "timestamp": 1e999}')
    assert response.json()["code"] == "timestamp-invalid"


def test_a_template_may_leave_the_time_out(netbox: Sender) -> None:
    make_devices("pe1")
    for timestamp in ({}, {"timestamp": None}):
        body = {"model": "device", "data": {"name": "pe1"}} | timestamp
        assert netbox.post(body).json()["accepted"] == 1


def test_the_window_is_a_setting(settings: Any, script: Sender) -> None:
    make_devices("pe1")
    settings.PRESTAGE |= {"WEBHOOK_WINDOW": 7200}
    assert script.post(bodies.generic("pe1", timestamp=time.time() - 3600)).status_code == 202
