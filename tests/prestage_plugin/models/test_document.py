"""A column for large documents takes them as values and as text."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prestage_plugin.models import DeviceEvaluation
from prestage_plugin.models.document import EncodedDocument
from tests.prestage_plugin.factories import make_devices

pytestmark = pytest.mark.django_db

DOCUMENT = {"name": 'é " \\ \n', "numbers": [1, [2, None]], "yes": True}


@pytest.mark.parametrize("value", [DOCUMENT, EncodedDocument(json.dumps(DOCUMENT))])
def test_what_was_stored_comes_back_as_a_value(value: Any) -> None:
    [device] = make_devices(1)
    DeviceEvaluation.objects.create(device=device, result=value, facts=value)
    stored = DeviceEvaluation.objects.get(result__yes=True)
    assert (stored.result, stored.facts) == (DOCUMENT, DOCUMENT)


def test_several_documents_are_written_in_one_statement_without_arrays() -> None:
    text = EncodedDocument(json.dumps(DOCUMENT))
    rows = [DeviceEvaluation(device=each, result=text, facts=DOCUMENT) for each in make_devices(3)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        DeviceEvaluation.objects.bulk_create(rows)
    [insert] = [each["sql"] for each in captured if each["sql"].startswith("INSERT")]
    assert "UNNEST" not in insert
    assert [each.result for each in DeviceEvaluation.objects.all()] == [DOCUMENT] * 3
