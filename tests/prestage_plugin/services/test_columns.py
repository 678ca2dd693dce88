"""Columns of many rows are written together."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prestage_plugin.models import Device, DeviceEvaluation
from prestage_plugin.services.columns import insert_rows, replace_rows, update_columns
from prestage_plugin.services.documents import encode
from prestage_plugin.states import RoleChoice
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_only_the_columns_that_are_named_are_written() -> None:
    devices = make_devices("pe1", "pe2", "pe3")
    for number, device in enumerate(devices):
        device.capabilities = ["l2", {"n": [number, None]}]
        device.loopback = f"10.0.0.{number}" if number else None
        device.evaluated_at = NOON
        device.uni_count = number
        device.parent = devices[0] if number else None
        device.address = "not written"
    columns = ["capabilities", "loopback", "evaluated_at", "uni_count", "parent"]
    update_columns(devices[:2], columns)
    assert list(Device.objects.order_by("name").values_list("name", "address", *columns)) == [
        ("pe1", "", ["l2", {"n": [0, None]}], None, NOON, 0, None),
        ("pe2", "", ["l2", {"n": [1, None]}], "10.0.0.1", NOON, 1, devices[0].pk),
        ("pe3", "", [], None, None, 0, None),
    ]


def test_a_row_that_is_gone_stays_gone() -> None:
    kept, gone = make_devices("pe1", "pe2")
    Device.objects.filter(pk=gone.pk).delete()
    kept.reason = gone.reason = "comment"
    update_columns([gone, kept], ["reason"])
    assert list(Device.objects.values_list("name", "reason")) == [("pe1", "comment")]


def test_no_rows_need_no_statement() -> None:
    with CaptureQueriesContext(connection) as captured:
        update_columns([], ["reason"])
    assert not captured.captured_queries


def test_values_of_other_types_are_written_as_django_writes_them() -> None:
    [device] = make_devices("pe1")
    device.reason = 5
    device.recommended_role = RoleChoice.P
    device.uni_count = True
    device.in_inventory = 1  # type: ignore[assignment]
    device.loopback = "2001:DB8::0:1"
    device.groups = encode(["core", "é"])
    columns = ["reason", "recommended_role", "uni_count", "in_inventory", "loopback", "groups"]
    update_columns([device], columns)
    assert list(Device.objects.values_list(*columns)) == [
        ("5", "P", 1, True, "2001:db8::1", ["core", "é"])
    ]


def test_a_row_replaces_the_one_with_its_key() -> None:
    first, second = make_devices("pe1", "pe2")
    columns = ["device", "result", "facts", "digest", "rules_key"]
    insert_rows(DeviceEvaluation, columns, [(first.pk, encode({"a": 1}), {}, "old", "key")])
    rows = [
        (first.pk, encode({"b": [2]}), {"c": None}, "new", "key"),
        (second.pk, encode({}), encode({"d": "é"}), "first", ""),
    ]
    replace_rows(DeviceEvaluation, columns, rows)
    assert list(DeviceEvaluation.objects.order_by("pk").values_list(*columns)) == [
        (first.pk, {"b": [2]}, {"c": None}, "new", "key"),
        (second.pk, {}, {"d": "é"}, "first", ""),
    ]
