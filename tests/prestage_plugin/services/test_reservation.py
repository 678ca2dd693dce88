"""One session of ours per device, over all jobs and hosts (jobs spec, section 4)."""

import pytest
from django.db import IntegrityError

from prestage_plugin.models import JobDevice
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.lifecycle import (
    Claim,
    LeaseLostError,
    end_shard,
    release_shard,
)
from prestage_plugin.services.reservation import reserve_devices
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import ShardState
from tests.prestage_plugin.services.build import (
    claim_all,
    discovery,
    evaluation,
    finish,
    make_devices,
    start,
)

pytestmark = pytest.mark.django_db


def claim_for(*names: str) -> Claim:
    [claim] = claim_all(start(JobRequest(scope=Scope(kind="devices", devices=names))))
    return claim


def test_a_device_is_held_by_one_job_until_it_has_a_result() -> None:
    make_devices("pe1", "pe2", "pe3")
    first, second = claim_for("pe1", "pe2"), claim_for("pe2", "pe3")
    assert reserve_devices(claim=first) == ["pe1", "pe2"]
    assert reserve_devices(claim=second) == ["pe3"]
    finish(first, {"pe1": discovery(evaluation("pe1"))})
    assert reserve_devices(claim=second) == ["pe3"]
    finish(first, {"pe2": discovery(evaluation("pe2"))})
    assert reserve_devices(claim=second) == ["pe2", "pe3"]


def test_a_device_is_let_go_when_its_shard_is_cancelled_or_handed_back() -> None:
    make_devices("pe1", "pe2")
    cancelled, handed_back, waiting = claim_for("pe1"), claim_for("pe2"), claim_for("pe1", "pe2")
    reserve_devices(claim=cancelled)
    reserve_devices(claim=handed_back)
    assert reserve_devices(claim=waiting) == []
    cancel_job(job_id=cancelled.job_id, actor="bob")
    end_shard(shard_id=cancelled.shard_id, state=ShardState.DONE)
    release_shard(claim=handed_back)
    assert reserve_devices(claim=waiting) == ["pe1", "pe2"]


def test_only_the_holder_of_the_shard_can_reserve() -> None:
    make_devices("pe1")
    claim = claim_for("pe1")
    release_shard(claim=claim)
    with pytest.raises(LeaseLostError):
        reserve_devices(claim=claim)


def test_the_database_refuses_a_second_reservation() -> None:
    make_devices("pe1")
    first, second = claim_for("pe1"), claim_for("pe1")
    reserve_devices(claim=first)
    with pytest.raises(IntegrityError):
        JobDevice.objects.filter(shard_id=second.shard_id).update(holds_device=True)
