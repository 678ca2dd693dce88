"""Which loopback identifies a device, and how a person overrides it."""

import ipaddress
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.facts import DeviceFacts, Evidence, LoopbackAddress
from nornir_tasks.rules import RoleException, evaluate
from nornir_tasks.rules.loopback import choose_loopback, is_usable


def address(text: str, flags: str = "") -> LoopbackAddress:
    return LoopbackAddress(text, primary="P" in flags, preferred="p" in flags)


def facts(*loopbacks: LoopbackAddress, router_id: str = "") -> DeviceFacts:
    ldp = (Evidence("protocols/ldp/interface[lo0.0]"),)
    return DeviceFacts("r", "junos", loopbacks=loopbacks, router_id=router_id, ldp_loopback=ldp)


CHOICES = [
    # addresses, router id, the order in which they are best
    (["10.0.0.9", "10.0.0.10"], "", ["10.0.0.9", "10.0.0.10"]),
    (["10.0.0.9", "10.0.0.10"], "10.0.0.10", ["10.0.0.10", "10.0.0.9"]),
    (["10.0.0.9", "10.0.0.10 p"], "10.0.0.9", ["10.0.0.10", "10.0.0.9"]),
    (["10.0.0.9 p", "10.0.0.10 P"], "10.0.0.9", ["10.0.0.10", "10.0.0.9"]),
    (["10.0.0.3", "10.0.0.2", "10.0.0.1 P"], "10.0.0.3", ["10.0.0.1", "10.0.0.3", "10.0.0.2"]),
    (["127.0.0.1 P", "10.0.0.1"], "", ["10.0.0.1"]),
    (["10.0.0.1", "10.0.0.1 P", "10.0.0.0"], "", ["10.0.0.1", "10.0.0.0"]),
    (["0.0.0.1", "127.1.2.3", "169.254.0.1", "224.0.0.5", "255.255.255.255"], "", []),
]


@pytest.mark.parametrize(("given_", "router_id", "best"), CHOICES)
def test_primary_then_preferred_then_router_id_then_lowest(
    given_: list[str], router_id: str, best: list[str]
) -> None:
    loopbacks = [address(*text.split(" ")) for text in given_]
    choice = choose_loopback(facts(*loopbacks, router_id=router_id))
    assert [candidate.address for candidate in choice.candidates] == best
    assert choice.address == (best[0] if best else None)
    assert choice.alternatives == tuple(best[1:])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0.0.0.0", "0.255.255.255"),  # noqa: S104 - a range, no listener
        ("127.0.0.0", "127.255.255.255"),
        ("169.254.0.0", "169.254.255.255"),
        ("224.0.0.0", "239.255.255.255"),
        ("240.0.0.0", "255.255.255.255"),
    ],
)
def test_ranges_are_dropped_to_their_edges(first: str, last: str) -> None:
    assert not is_usable(first)
    assert not is_usable(last)
    for edge, step in ((first, -1), (last, 1)):
        number = int(ipaddress.IPv4Address(edge)) + step
        if 0 <= number < 2**32 and number >> 28 != 0xF:
            neighbour = str(ipaddress.IPv4Address(number))
            assert is_usable(neighbour) is (neighbour not in ("239.255.255.255", "240.0.0.0"))


loopback_strategy = st.builds(
    LoopbackAddress,
    address=st.ip_addresses(v=4).map(str)
    | st.sampled_from(["10.0.0.1", "10.0.0.2", "127.0.0.1", "169.254.1.1", "224.0.0.1"]),
    primary=st.booleans(),
    preferred=st.booleans(),
)


@given(st.lists(loopback_strategy, max_size=6), st.integers())
def test_the_choice_does_not_depend_on_the_order_and_never_takes_a_dropped_range(
    loopbacks: list[LoopbackAddress], seed: int
) -> None:
    router_id = loopbacks[0].address if loopbacks else ""
    choice = choose_loopback(facts(*loopbacks, router_id=router_id))
    shuffled = list(loopbacks)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    again = choose_loopback(facts(*shuffled, router_id=router_id))
    assert (choice.address, choice.alternatives) == (again.address, again.alternatives)
    usable = {a.address for a in loopbacks if is_usable(a.address)}
    assert {candidate.address for candidate in choice.candidates} == usable
    for dropped in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"):
        network = ipaddress.ip_network(dropped)
        assert not any(ipaddress.ip_address(text) in network for text in usable)


@given(st.lists(loopback_strategy, min_size=1, max_size=6, unique_by=lambda a: a.address))
def test_primary_beats_preferred_beats_router_id_beats_lowest(
    loopbacks: list[LoopbackAddress],
) -> None:
    usable = [a for a in loopbacks if is_usable(a.address)]
    router_id = loopbacks[-1].address
    chosen = choose_loopback(facts(*loopbacks, router_id=router_id)).address
    best = [a for a in usable if a.primary] or usable
    best = [a for a in best if a.preferred] or best
    best = [a for a in best if a.address == router_id] or best
    lowest = min((ipaddress.IPv4Address(a.address) for a in best), default=None)
    assert chosen == (str(lowest) if lowest else None)


def test_a_person_can_choose_another_loopback() -> None:
    device = facts(address("10.0.0.1"), address("10.0.0.2"), address("10.0.0.3"))
    evaluation = evaluate(device, exceptions=[RoleException("loopback", "10.0.0.2")])
    assert evaluation.loopback == "10.0.0.2"
    assert evaluation.loopback_alternatives == ("10.0.0.1", "10.0.0.3")
    assert evaluation.warnings == ()


def test_a_chosen_loopback_that_is_not_configured_is_warned_of() -> None:
    chosen = [RoleException("loopback", "10.9.9.9")]
    evaluation = evaluate(facts(address("10.0.0.1")), exceptions=chosen)
    assert (evaluation.role, evaluation.loopback) == ("N-PE", "10.9.9.9")
    assert evaluation.warnings == ("loopback-exception-not-configured",)
    # It names an address; it does not put one on the device.
    assert evaluate(facts(), exceptions=chosen).reason == "no-loopback"


def test_an_excluded_device_gets_no_role_but_keeps_its_verdicts() -> None:
    device = facts(address("10.0.0.1"))
    excluded = evaluate(device, exceptions=[RoleException("exclude")])
    assert (excluded.role, excluded.reason) == ("UNKNOWN", "excluded")
    assert excluded.rules == evaluate(device).rules


def test_an_exception_for_a_port_that_the_device_does_not_have_is_warned_of() -> None:
    evaluation = evaluate(facts(), exceptions=[RoleException("exclude-interface", "ge-9/9/9")])
    assert evaluation.warnings == ("interface-exception-unknown:ge-9/9/9",)


@pytest.mark.parametrize(
    "exception",
    [
        RoleException("loopback", "2001:db8::1"),
        RoleException("loopback", "10.0.0.1/32"),
        RoleException("loopback"),
        RoleException("include-interface", " "),
        RoleException("promote"),
    ],
)
def test_an_exception_that_makes_no_sense_is_refused(exception: RoleException) -> None:
    with pytest.raises(PrestageError) as caught:
        evaluate(facts(), exceptions=[exception])
    assert caught.value.code is ErrorCode.BAD_REQUEST
