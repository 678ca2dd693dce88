"""The lab's truth and our own client must agree; neither knows the other."""

import pytest

from nornir_tasks.evaluation import InterfaceDecision
from nornir_tasks.lab import CATALOG, Fleet, SimulatedDevice
from nornir_tasks.lab.device import ReplyCache, RunningDevice
from nornir_tasks.lab.events import Caller
from nornir_tasks.lab.messages import reply
from nornir_tasks.lab.rpcs import answer
from nornir_tasks.platforms import get_platform
from nornir_tasks.reply import Reply
from nornir_tasks.rules import evaluate


def replies(device: SimulatedDevice) -> list[Reply]:
    running = RunningDevice(device, observe=lambda _: None, cache=ReplyCache())
    return [
        Reply(reply("1", answer(running, Caller(1, "lab"), request)))
        for request in get_platform("junos").requests()
    ]


@pytest.mark.parametrize("size", [4_000, 16_000])
@pytest.mark.parametrize("profile", ["csd", "extended"])
@pytest.mark.parametrize("kind", sorted(CATALOG))
def test_role_loopback_and_uni_are_found_as_the_lab_says(
    kind: str, profile: str, size: int
) -> None:
    for device in Fleet.of({kind: 8}, size=size):
        truth = device.truth
        expected = {
            device.name: truth,
            **{f"{device.name}:{name}": each for name, each in truth.logical_systems.items()},
        }
        found = {
            facts.device: evaluate(facts, profile=profile)
            for facts in get_platform("junos").facts(device.name, replies(device))
        }
        assert found.keys() == expected.keys()
        for name, evaluation in found.items():
            role = expected[name].role_csd if profile == "csd" else expected[name].role_extended
            recommended = sorted(
                interface.name
                for interface in evaluation.interfaces
                if interface.verdict is InterfaceDecision.RECOMMENDED
            )
            assert (name, evaluation.role) == (name, role)
            assert evaluation.loopback == expected[name].loopback
            assert recommended == list(expected[name].uni)
