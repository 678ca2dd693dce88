"""A profile's switches do what they say."""

from dataclasses import replace

import pytest

from nornir_tasks.evaluation import Evaluation
from nornir_tasks.rules import Profile, evaluate, get_profile
from tests.nornir_tasks.configurations import device, facts_of, port, unit

CSD = get_profile("csd")
IPV6 = port("lo0", unit(0, "<inet6><address><name>2001:db8::1/128</name></address></inet6>"))
LDP = "<ldp><interface><name>lo0.0</name></interface></ldp>"


def judge(text: str, profile: Profile) -> Evaluation:
    return evaluate(facts_of(text)[0], profile=profile)


def test_an_ipv6_loopback_counts_when_the_profile_says_so() -> None:
    text = device(loopback=IPV6, protocols=LDP)
    assert judge(text, CSD).reason == "ipv6-only"
    switched = judge(text, replace(CSD, ipv6_loopback_counts=True))
    assert (switched.role, switched.reason, switched.loopback) == ("N-PE", "capabilities", None)


def test_the_word_pe_alone_counts_unless_the_profile_says_no() -> None:
    text = device(rest="<comment># PE</comment>")
    assert judge(text, CSD).reason == "comment"
    assert judge(text, replace(CSD, bare_pe_token=False)).reason == "no-service-capability"
    text = device(rest="<comment># NPE</comment>")
    assert judge(text, replace(CSD, bare_pe_token=False)).reason == "comment"


GLOBAL = unit(0, "<inet><address><name>198.51.100.1/30</name></address></inet>")
SWITCHES = [
    # rule switched off, the port, verdict and rule without it
    ("management", port("fxp0"), ("excluded", "ethernet-port")),
    ("pseudo", port("irb"), ("excluded", "ethernet-port")),
    ("ethernet-port", port("so-0/0/0", unit(0)), ("recommended", "no-service")),
    (
        "lag-member",
        port(
            "ge-0/0/1",
            "<ether-options><ieee-802.3ad><bundle>ae0</bundle></ieee-802.3ad></ether-options>",
        ),
        ("recommended", "free"),
    ),
    (
        "redundant-member",
        port(
            "ge-0/0/1",
            "<ether-options><redundant-parent><parent>reth0</parent></redundant-parent></ether-options>",
        ),
        ("recommended", "free"),
    ),
    ("core", port("ge-0/0/1", unit(0, "<mpls/>")), ("recommended", "no-service")),
    ("global-l3", port("ge-0/0/1", GLOBAL), ("recommended", "no-service")),
    ("in-service", port("ge-0/0/1", unit(0, "<vpls/>")), ("excluded", "no-rule")),
    ("free", port("ge-0/0/1"), ("excluded", "no-rule")),
    ("no-service", port("ge-0/0/1", unit(0)), ("excluded", "no-rule")),
    ("disabled", port("ge-0/0/1", "<disable/>"), ("recommended", "free")),
]


@pytest.mark.parametrize(("rule", "interface", "without"), SWITCHES)
def test_each_interface_rule_can_be_switched_off(
    rule: str, interface: str, without: tuple[str, str]
) -> None:
    text = device(loopback="", interfaces=interface)
    rest = tuple(name for name in CSD.uni_rules if name != rule)
    (with_it,) = judge(text, CSD).interfaces
    (found,) = judge(text, replace(CSD, uni_rules=rest)).interfaces
    assert rule in with_it.matched
    assert rule not in found.matched
    assert (found.verdict, found.rule) == without
    assert found.warnings == ()
