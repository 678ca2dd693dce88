"""Saved configurations of every shape, and what the rules must say about each."""

from pathlib import Path

import pytest

from nornir_tasks.classification import classify
from nornir_tasks.evaluation import Evaluation

FOLDER = Path(__file__).parents[2] / "fixtures" / "junos"


def judge(file: str, profile: str = "csd", policy: str = "any") -> dict[str, Evaluation]:
    data = (FOLDER / file).read_bytes()
    return {
        evaluation.device: evaluation
        for evaluation in classify(data, profile=profile, capability_policy=policy)
    }


ROLES = [
    # file, profile, device, role, reason, loopback
    ("mx-npe.xml", "csd", "pe1", "N-PE", "capabilities", "10.0.0.1"),
    ("mx-npe.xml", "extended", "pe1", "N-PE", "capabilities", "10.0.0.1"),
    ("mx-p.xml", "csd", "p1", "UNKNOWN", "no-service-capability", "10.0.0.11"),
    ("mx-p.xml", "extended", "p1", "P", "core-only", "10.0.0.11"),
    ("yang-asbr.xml", "csd", "asbr1", "P", "ebgp", "10.0.0.21"),
    ("yang-asbr.xml", "extended", "asbr1", "N-PE", "asbr", "10.0.0.21"),
    ("ce.xml", "csd", "ce1", "UNKNOWN", "no-service-capability", "10.9.0.1"),
    ("ce.xml", "extended", "ce1", "UNKNOWN", "no-mpls", "10.9.0.1"),
    ("lost-prefix-comment.xml", "csd", "pe9", "N-PE", "comment", "10.0.0.31"),
    ("lost-prefix-comment.xml", "extended", "pe9", "N-PE", "comment", "10.0.0.31"),
    ("deactivated.xml", "csd", "r7", "UNKNOWN", "no-service-capability", "10.0.0.7"),
    ("deactivated.xml", "extended", "r7", "UNKNOWN", "no-mpls", "10.0.0.7"),
    ("logical-systems.xml", "csd", "host1", "N-PE", "capabilities", "10.0.0.41"),
    ("logical-systems.xml", "csd", "host1:LS-PE", "N-PE", "capabilities", "10.0.7.7"),
    ("logical-systems.xml", "csd", "host1:LS-P", "P", "ebgp", "10.0.9.9"),
    ("logical-systems.xml", "extended", "host1:LS-P", "UNKNOWN", "no-mpls", "10.0.9.9"),
    ("groups-unresolved.xml", "csd", "unknown", "N-PE", "capabilities", "10.0.0.51"),
    ("ipv6-only.xml", "csd", "v6", "UNKNOWN", "ipv6-only", None),
    ("srx-cluster.xml", "csd", "srx1", "UNKNOWN", "no-loopback", None),
    ("ex-switch.xml", "csd", "ex1", "UNKNOWN", "no-loopback", None),
]


@pytest.mark.parametrize(("file", "profile", "device", "role", "reason", "loopback"), ROLES)
def test_every_saved_configuration_gets_its_role_reason_and_loopback(
    file: str, profile: str, device: str, role: str, reason: str, loopback: str | None
) -> None:
    evaluation = judge(file, profile)[device]
    assert (evaluation.role, evaluation.reason, evaluation.loopback) == (role, reason, loopback)


def test_every_saved_configuration_is_in_the_table() -> None:
    assert {row[0] for row in ROLES} == {path.name for path in FOLDER.glob("*.xml")}


INTERFACES = {
    ("mx-npe.xml", "pe1"): {
        "ae0": ("recommended", "in-service"),
        "et-0/2/0:2": ("recommended", "in-service"),
        "fxp0": ("excluded", "management"),
        "ge-0/0/0": ("excluded", "core"),
        "ge-0/0/1": ("recommended", "in-service"),
        "ge-0/0/2": ("recommended", "in-service"),
        "ge-0/0/3": ("excluded", "lag-member"),
        "ge-0/0/4": ("excluded", "core"),
        "ge-0/0/5": ("recommended", "free"),
        "gr-0/0/0": ("excluded", "pseudo"),
        "irb": ("excluded", "pseudo"),
        "lo0": ("excluded", "pseudo"),
        "xe-0/1/0": ("excluded", "core"),
        "xe-0/1/1": ("excluded", "core"),
    },
    ("ce.xml", "ce1"): {
        "ge-0/0/0": ("excluded", "global-l3"),
        "lo0": ("excluded", "pseudo"),
    },
    ("yang-asbr.xml", "asbr1"): {
        "et-0/0/0": ("excluded", "core"),
        "et-0/0/1": ("recommended", "no-service"),
        "lo0": ("excluded", "pseudo"),
    },
    ("deactivated.xml", "r7"): {
        "ge-0/0/1": ("recommended", "free"),
        "ge-0/0/2": ("recommended", "free"),
        "lo0": ("excluded", "pseudo"),
    },
    ("srx-cluster.xml", "srx1"): {
        "fe-0/0/7": ("excluded", "redundant-member"),
        "ge-0/0/4": ("excluded", "redundant-member"),
        "ge-0/0/5": ("recommended", "free"),
        "lo0": ("excluded", "pseudo"),
        "reth0": ("excluded", "ethernet-port"),
        "st0": ("excluded", "pseudo"),
    },
    ("ex-switch.xml", "ex1"): {
        "cbp0": ("excluded", "pseudo"),
        "et-0/1/0": ("excluded", "global-l3"),
        "lo0": ("excluded", "pseudo"),
        "me0": ("excluded", "management"),
        "mge-0/0/0": ("recommended", "free"),
        "mge-0/0/1": ("recommended", "in-service"),
        "mge-0/0/2": ("excluded", "lag-member"),
        "re0:mgmt-0": ("excluded", "management"),
        "vme": ("excluded", "management"),
    },
    ("logical-systems.xml", "host1"): {
        "ge-1/0/0": ("recommended", "in-service"),
        "ge-1/0/1": ("excluded", "core"),
        "lo0": ("excluded", "pseudo"),
    },
    ("logical-systems.xml", "host1:LS-PE"): {
        "ge-1/0/0": ("recommended", "in-service"),
        "ge-1/0/1": ("excluded", "core"),
        "lo0": ("excluded", "pseudo"),
    },
}


@pytest.mark.parametrize(("file", "device"), INTERFACES)
def test_every_interface_of_a_saved_configuration_gets_its_verdict(file: str, device: str) -> None:
    found = {i.name: (i.verdict.value, i.rule) for i in judge(file)[device].interfaces}
    assert found == INTERFACES[file, device]


def test_capabilities_follow_from_what_is_signalled() -> None:
    assert judge("mx-npe.xml")["pe1"].capabilities == ("e-line", "l2", "l3")


def test_policy_all_asks_for_all_three_capabilities_and_none_for_nothing() -> None:
    assert judge("logical-systems.xml", policy="all")["host1"].reason == "no-service-capability"
    assert judge("mx-npe.xml", policy="all")["pe1"].role == "N-PE"
    # What the vendor warns of: a P router with a loopback passes.
    assert judge("mx-p.xml", policy="none")["p1"].reason == "policy-none"
    verdicts = {rule.id: rule.verdict for rule in judge("mx-p.xml", policy="none")["p1"].rules}
    assert [verdicts[rule] for rule in ("R4", "R5", "R6")] == ["not-applicable"] * 3


def test_the_asbr_flag_is_set_in_the_extended_profile_only() -> None:
    assert judge("yang-asbr.xml", "extended")["asbr1"].flags == ("asbr",)
    assert judge("yang-asbr.xml")["asbr1"].flags == ()


def test_evidence_names_groups_with_any_characters() -> None:
    rules = {rule.id: rule for rule in judge("mx-npe.xml")["pe1"].rules}
    assert rules["R5"].evidence[0].path == ("protocols/bgp/group[RR [1]/a]/family/l2vpn/signaling")


def test_unresolved_inheritance_is_warned_of() -> None:
    assert judge("groups-unresolved.xml")["unknown"].warnings == ("inheritance-not-resolved",)
    assert judge("mx-npe.xml")["pe1"].warnings == ()


def test_a_port_of_a_logical_system_is_in_use_for_the_main_system() -> None:
    ports = {i.name: i for i in judge("logical-systems.xml")["host1"].interfaces}
    port = ports["ge-1/0/0"]
    assert port.in_use
    assert port.warnings == ("used-by-logical-system:LS-PE",)
    assert port.vlan_pool == (512, 4094)
    assert port.used_vlans == ((7, 7),)


def test_a_port_of_a_logical_system_has_the_pool_that_the_routers_encapsulation_gives() -> None:
    ports = {i.name: i for i in judge("logical-systems.xml")["host1:LS-PE"].interfaces}
    assert ports["ge-1/0/0"].vlan_pool == (512, 4094)
    assert ports["ge-1/0/1"].vlan_pool == (1, 4094)


def test_the_sources_say_what_was_read() -> None:
    assert judge("ex-switch.xml")["ex1"].sources == ("configuration", "interface-information")
    assert judge("mx-npe.xml")["pe1"].sources == ("configuration",)


def test_vlan_pools_and_used_vlans_follow_from_the_encapsulation_and_the_units() -> None:
    ports = {i.name: i for i in judge("mx-npe.xml")["pe1"].interfaces}
    pools = {name: ports[name].vlan_pool for name in ("ge-0/0/1", "ge-0/0/2", "et-0/2/0:2")}
    assert pools == {"ge-0/0/1": (1, 4094), "ge-0/0/2": (512, 4094), "et-0/2/0:2": (512, 4094)}
    assert ports["ge-0/0/1"].used_vlans == ((100, 100), (600, 610))
    assert ports["et-0/2/0:2"].used_vlans == ((700, 700),)
    assert ports["ae0"].used_vlans == ((10, 21),)


def test_a_port_that_is_down_or_disabled_is_recommended_with_a_warning() -> None:
    assert {i.name: i.warnings for i in judge("ex-switch.xml")["ex1"].interfaces if i.warnings} == {
        "mge-0/0/0": ("down",)
    }
    ports = {i.name: i for i in judge("mx-npe.xml")["pe1"].interfaces}
    assert ports["ge-0/0/5"].warnings == ("disabled",)


def test_commit_seconds_are_the_fingerprint_where_the_device_tells_them() -> None:
    assert judge("mx-npe.xml")["pe1"].fingerprint == "commit:1752000000:noc"
    assert judge("ce.xml")["ce1"].fingerprint.startswith("sha256:")
