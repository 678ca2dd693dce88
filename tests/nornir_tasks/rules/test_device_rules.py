"""Device rules and the decision (prestaging spec, section 3)."""

from pathlib import Path

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.rules import (
    RULES,
    ExceptionKind,
    RuleScope,
    UnknownProfileError,
    get_profile,
    profiles,
)
from tests.nornir_tasks.configurations import LOOPBACK, device, group, port, unit, verdicts_of

PE_COMMENT = "<comment>/* N-PE */</comment>"
OTHER_COMMENT = "<comment>/* U-PE */</comment>"
LDP = "<ldp><interface><name>lo0.0</name></interface></ldp>"
L2VPN = group("RR", "<type>internal</type><family><l2vpn><signaling/></l2vpn></family>")
L3VPN = group("RR", "<type>internal</type><family><inet-vpn><unicast/></inet-vpn></family>")
EVPN = group("RR", "<type>internal</type><family><evpn><signaling/></evpn></family>")
EBGP = group("PEERS", "<type>external</type>")
EBGP_L3VPN = group("PEERS", "<type>external</type><family><inet-vpn><any/></inet-vpn></family>")
CORE_PORT = port("ge-0/0/0", unit(0, "<mpls/>"))
AS = "<routing-options><autonomous-system>65000</autonomous-system></routing-options>"


def instance(kind: str) -> str:
    return (
        f"<routing-instances><instance><name>A</name><instance-type>{kind}</instance-type>"
        "<interface><name>ge-0/0/9.0</name></interface></instance></routing-instances>"
    )


DECISIONS = [
    # configuration, csd any, csd all, extended any
    ("nothing", device(), "no-service-capability", "no-service-capability", "no-mpls"),
    (
        "no loopback beats all",
        device(loopback="", protocols=LDP, rest=PE_COMMENT),
        *["no-loopback"] * 3,
    ),
    ("comment", device(rest=PE_COMMENT), *["comment"] * 3),
    ("comment beats EBGP", device(protocols=EBGP, rest=PE_COMMENT), *["comment"] * 3),
    (
        "another comment",
        device(rest=OTHER_COMMENT),
        "no-service-capability",
        "no-service-capability",
        "no-mpls",
    ),
    ("EBGP, no MPLS", device(protocols=EBGP), "ebgp", "ebgp", "no-mpls"),
    ("EBGP, MPLS", device(protocols=EBGP, interfaces=CORE_PORT), *["ebgp"] * 3),
    ("EBGP, L3VPN", device(protocols=EBGP_L3VPN), "ebgp", "ebgp", "asbr"),
    ("EBGP beats LDP", device(protocols=EBGP + LDP), "ebgp", "ebgp", "no-mpls"),
    ("EBGP, EVPN", device(protocols=EBGP + EVPN), "ebgp", "ebgp", "asbr"),
    ("LDP", device(protocols=LDP), "capabilities", "no-service-capability", "capabilities"),
    ("L2VPN", device(protocols=L2VPN), "capabilities", "no-service-capability", "capabilities"),
    ("L3VPN", device(protocols=L3VPN), "capabilities", "no-service-capability", "capabilities"),
    ("all three", device(protocols=LDP + L2VPN + L3VPN), *["capabilities"] * 3),
    (
        "EVPN",
        device(protocols=EVPN),
        "no-service-capability",
        "no-service-capability",
        "capabilities",
    ),
    (
        "core only",
        device(interfaces=CORE_PORT),
        "no-service-capability",
        "no-service-capability",
        "core-only",
    ),
    (
        "lo0 is no core",
        device(loopback=LOOPBACK.replace("<inet>", "<mpls/><inet>")),
        "no-service-capability",
        "no-service-capability",
        "no-mpls",
    ),
    (
        "disabled core",
        device(interfaces=CORE_PORT.replace("<unit>", "<disable/><unit>")),
        "no-service-capability",
        "no-service-capability",
        "no-mpls",
    ),
    (
        "disabled core unit",
        device(interfaces=CORE_PORT.replace("<family>", "<disable/><family>")),
        "no-service-capability",
        "no-service-capability",
        "no-mpls",
    ),
    *(
        (
            f"{kind} instance",
            device(rest=instance(kind)),
            "no-service-capability",
            "no-service-capability",
            "capabilities",
        )
        for kind in ("vrf", "vpls", "l2vpn", "evpn")
    ),
    (
        "virtual router",
        device(rest=instance("virtual-router")),
        "no-service-capability",
        "no-service-capability",
        "no-mpls",
    ),
    (
        "EBGP to a customer",
        device(
            protocols=LDP,
            rest=instance("vrf").replace(
                "</instance>", f"<protocols>{EBGP}</protocols></instance>"
            ),
        ),
        "capabilities",
        "no-service-capability",
        "capabilities",
    ),
    (
        "EBGP of a logical system",
        device(
            protocols=LDP,
            rest=f"<logical-systems><name>L</name><protocols>{EBGP}</protocols></logical-systems>",
        ),
        "capabilities",
        "no-service-capability",
        "capabilities",
    ),
]
ROLE_OF = {
    "no-loopback": "UNKNOWN",
    "no-service-capability": "UNKNOWN",
    "no-mpls": "UNKNOWN",
    "comment": "N-PE",
    "capabilities": "N-PE",
    "asbr": "N-PE",
    "ebgp": "P",
    "core-only": "P",
}


@pytest.mark.parametrize(
    ("text", "csd_any", "csd_all", "extended"),
    [row[1:] for row in DECISIONS],
    ids=[str(row[0]) for row in DECISIONS],
)
def test_every_configuration_gets_the_role_of_its_reason(
    text: str, csd_any: str, csd_all: str, extended: str
) -> None:
    found = [
        verdicts_of(text),
        verdicts_of(text, policy="all"),
        verdicts_of(text, profile="extended"),
    ]
    assert [evaluation.reason for evaluation in found] == [csd_any, csd_all, extended]
    assert [evaluation.role for evaluation in found] == [ROLE_OF[e.reason] for e in found]


def test_some_but_not_all_capabilities_make_no_core_router_in_the_extended_profile() -> None:
    text = device(protocols=LDP, interfaces=CORE_PORT)
    evaluation = verdicts_of(text, profile="extended", policy="all")
    assert (evaluation.role, evaluation.reason) == ("UNKNOWN", "no-service-capability")


def test_policy_none_lets_everything_with_a_loopback_and_without_ebgp_pass() -> None:
    assert verdicts_of(device(), policy="none").reason == "policy-none"
    assert verdicts_of(device(interfaces=CORE_PORT), "extended", "none").reason == "policy-none"
    assert verdicts_of(device(protocols=EBGP), policy="none").reason == "ebgp"


INFERRED = [
    # group content, whether it is EBGP in the extended profile
    ("<peer-as>65001</peer-as>", True),
    ("<peer-as>65000</peer-as>", False),
    ("<peer-as>65001</peer-as><neighbor><name>n</name></neighbor>", True),
    ("<peer-as>65001</peer-as><neighbor><name>n</name><peer-as>65000</peer-as></neighbor>", False),
    ("<peer-as>65000</peer-as><neighbor><name>n</name><peer-as>0.1</peer-as></neighbor>", True),
    ("<local-as>65001</local-as><peer-as>65001</peer-as>", False),
    ("<local-as>65001</local-as><peer-as>65000</peer-as>", True),
    (
        "<peer-as>65001</peer-as><neighbor><name>n</name><local-as>65001</local-as></neighbor>",
        False,
    ),
    ("<type>internal</type><peer-as>65001</peer-as>", False),
    ("<neighbor><name>n</name></neighbor>", False),
]


@pytest.mark.parametrize(("content", "external"), INFERRED)
def test_the_extended_profile_infers_ebgp_from_as_numbers(content: str, external: bool) -> None:
    text = device(protocols=group("G", content), rest=AS)
    rules = {rule.id: rule for rule in verdicts_of(text, "extended").rules}
    assert (rules["R2"].verdict == "fail") is external
    assert bool(rules["R2"].evidence) is external
    assert {rule.id: rule.verdict for rule in verdicts_of(text).rules}["R2"] == "pass"


def test_without_a_local_as_nothing_is_inferred() -> None:
    text = device(protocols=group("G", "<peer-as>65001</peer-as>"))
    assert {r.id: r.verdict for r in verdicts_of(text, "extended").rules}["R2"] == "pass"


def test_every_external_group_is_evidence() -> None:
    two = EBGP + group("MORE", "<type>external</type>") + L3VPN
    (rule,) = (r for r in verdicts_of(device(protocols=two)).rules if r.id == "R2")
    assert [(e.path, e.value) for e in rule.evidence] == [
        ("protocols/bgp/group[PEERS]/type", "external"),
        ("protocols/bgp/group[MORE]/type", "external"),
    ]


def test_all_rules_are_asked_also_when_an_earlier_one_decided() -> None:
    evaluation = verdicts_of(device(loopback="", protocols=EBGP + LDP, rest=PE_COMMENT))
    assert [(rule.id, rule.verdict.value) for rule in evaluation.rules] == [
        ("R1", "pass"),
        ("R2", "fail"),
        ("R3", "fail"),
        ("R4", "pass"),
        ("R5", "fail"),
        ("R6", "fail"),
    ]
    assert all(rule.reason for rule in evaluation.rules)


@pytest.mark.parametrize(
    "rule", [r for r in RULES if r.scope is RuleScope.DEVICE], ids=lambda r: r.id
)
def test_every_device_rule_finds_its_own_sample(rule) -> None:  # type: ignore[no-untyped-def]
    (verdict,) = (v for v in verdicts_of(rule.sample).rules if v.id == rule.id)
    assert verdict.evidence
    assert verdict.verdict == ("fail" if rule.id == "R2" else "pass")
    assert verdict.name == rule.name
    (other,) = (v for v in verdicts_of("<configuration/>").rules if v.id == rule.id)
    assert not other.evidence


def test_profiles_are_found_by_name_and_others_are_refused() -> None:
    assert [profile.name for profile in profiles()] == ["csd", "extended"]
    assert get_profile("extended").infer_ebgp
    with pytest.raises(UnknownProfileError, match="csd, extended") as caught:
        get_profile("cisco")
    assert caught.value.code is ErrorCode.BAD_REQUEST
    with pytest.raises(PrestageError, match="any, all, none"):
        verdicts_of(device(), policy="some")


def test_the_page_about_the_rules_names_every_rule_reason_profile_and_kind_of_exception() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
    words = {rule.id for rule in RULES} | {rule.name for rule in RULES} | set(ROLE_OF)
    words |= {"ipv6-only", "policy-none", "excluded", "no-rule", *ExceptionKind}
    words |= {profile.name for profile in profiles()}
    assert not {word for word in words if word not in page}
