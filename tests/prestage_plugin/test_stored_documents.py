"""Whoever reads an evaluation finds the same in it, whether it was stored in full or as it is now.

Earlier releases stored the shape of `Evaluation.as_dict`, and all fields of the facts.
"""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from nornir_tasks.facts import DeviceFacts
from nornir_tasks.outcome import Discovery
from nornir_tasks.platforms import get_platform
from nornir_tasks.rules import evaluate
from nornir_tasks.xml import parse_document
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, DeviceEvaluation
from prestage_plugin.services.documents import digest, encode
from prestage_plugin.services.exception_edit import judge_interfaces
from prestage_plugin.services.rule_choice import choose_rules
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.what_if import Standing, what_if
from prestage_plugin.states import JobType
from tests.prestage_plugin.services.build import NOON, make_user, run_job, start, states_of

pytestmark = pytest.mark.django_db

CONFIGURATION = Path(__file__).parents[1] / "fixtures" / "junos" / "mx-npe.xml"
"""Its interfaces have every field of a verdict, and evidence with and without values."""
DISCOVER_ONLY = JobRequest(job_type=JobType.DISCOVER_ONLY)
API = "/prestage/api/v1/devices/{}/"
ADMIN = "/admin/prestage/"


@pytest.fixture
def facts() -> DeviceFacts:
    document = parse_document(CONFIGURATION.read_bytes())
    (facts,) = get_platform("junos").facts_from_document("pe1", document)
    return facts


@pytest.fixture
def found(facts: DeviceFacts) -> Discovery:
    return Discovery("pe1", (evaluate(facts),), (facts,), NOON, NOON)


@pytest.fixture
def device(found: Discovery) -> Device:
    """A device as a job leaves it."""
    device = Device.objects.create(name="pe1", platform="junos")
    run_job(start(DISCOVER_ONLY), {"pe1": found})
    device.refresh_from_db()
    return device


def store_in_full(found: Discovery) -> None:
    """Let the documents be what an earlier release stored."""
    result, facts = encode(found.main.as_dict()), encode(asdict(found.facts[0]))
    DeviceEvaluation.objects.update(result=result, facts=facts, digest=digest(result))


def stored_bytes() -> list[int]:
    documents = DeviceEvaluation.objects.values_list("result", "facts").get()
    return [len(encode(document)) for document in documents]


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    content = b"".join(response).decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content)


@pytest.mark.parametrize(
    "address",
    [
        f"{API}evidence/",
        f"{API}interfaces/",
        f"{API}interfaces/?verdict=excluded",
        f"{API}interfaces/?rule=in-service",
        f"{API}interfaces/?format=csv",
        f"{ADMIN}device/{{}}/change/",
        f"{ADMIN}device/{{}}/interfaces/",
        f"{ADMIN}device/{{}}/interfaces/?verdict=recommended",
        f"{ADMIN}recommendation/{{}}/change/",
    ],
)
def test_it_is_shown_as_it_always_was(
    admin_client: Client, device: Device, found: Discovery, address: str
) -> None:
    now = shown(admin_client, address.format(device.pk))
    store_in_full(found)
    assert shown(admin_client, address.format(device.pk)) == now


def test_other_rules_say_the_same_of_it(device: Device, found: Discovery) -> None:
    def then() -> list[Standing | None]:
        rules = choose_rules(profile="extended", capability_policy="any")
        return [each.then for each in what_if(rules=rules, devices=Device.objects.all())]

    now = then()
    assert now[0] is not None
    store_in_full(found)
    assert then() == now


def test_a_job_writes_what_was_stored_in_full_once_more(device: Device, found: Discovery) -> None:
    now = stored_bytes()
    store_in_full(found)
    assert all(new < old for new, old in zip(now, stored_bytes(), strict=True))

    states = [states_of(run_job(start(DISCOVER_ONLY), {"pe1": found})) for _ in range(2)]

    assert states == [{"pe1": "prestaged"}, {"pe1": "unchanged"}]
    assert stored_bytes() == now


@pytest.mark.parametrize("in_full", [False, True])
def test_a_persons_exception_counts_at_once(
    device: Device, found: Discovery, in_full: bool
) -> None:
    if in_full:
        store_in_full(found)
    common: Any = {"device_id": device.pk, "as_uni": False, "note": "", "author": make_user()}
    uni = next(each.name for each in found.main.interfaces if each.verdict == "recommended")

    with pytest.raises(Refused):
        judge_interfaces(names=["none-such"], **common)
    assert judge_interfaces(names=[uni], **common).applied

    device.refresh_from_db()
    assert device.uni_count == found.main.uni_count - 1
