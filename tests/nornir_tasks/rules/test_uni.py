"""Interface rules (prestaging spec, section 4)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_tasks.evaluation import InterfaceVerdict
from nornir_tasks.rules import RULES, RoleException, RuleScope, evaluate
from nornir_tasks.rules.vlan import merge_ranges
from tests.nornir_tasks.configurations import device, facts_of, port, unit


def judge(text: str, *exceptions: RoleException) -> dict[str, InterfaceVerdict]:
    evaluation = evaluate(facts_of(text)[0], exceptions=exceptions)
    return {interface.name: interface for interface in evaluation.interfaces}


NAMES = {
    "management": "fxp0 fxp1 em0 em1 me0 vme re0:mgmt-0 re1:mgmt-1",
    "pseudo": (
        "lo0 dsc irb vlan demux0 pp0 esi vtep lsi tap gre ipip pimd pime mtun st0 fti0 fti cbp0 "
        "pip0 gr-0/0/0 ip-0/0/0 lt-0/0/0 vt-0/0/0 si-0/0/0 sp-0/0/0 ms-0/0/0 mo-0/0/0 ps0 rlsq0 "
        "rsp0 vms-0/0/0 pfe-0/0/0 pfh-0/0/0"
    ),
    "ethernet-port": (
        "so-0/0/0 t1-0/0/0 reth0 ge-0/0 ge-0/0/0:x ge-0/0/ ae aex xge-0/0/0 GE-0/0/0 ge-0/0/0.5 "
        ".local. jsrv"
    ),
    "free": "fe-0/0/0 ge-0/0/0 xe-10/1/47 et-0/0/1 et-0/0/1:2 mge-0/0/11 ae0 ae127",
}


@pytest.mark.parametrize(
    ("name", "rule"), [(name, rule) for rule, names in NAMES.items() for name in names.split()]
)
def test_the_name_of_a_port_without_units_decides(name: str, rule: str) -> None:
    verdict = judge(device(loopback="", interfaces=port(name)))[name]
    assert verdict.rule == rule
    assert verdict.verdict == ("recommended" if rule == "free" else "excluded")


def instance(name: str, *interfaces: str, kind: str = "vrf") -> str:
    listed = "".join(f"<interface><name>{i}</name></interface>" for i in interfaces)
    return (
        f"<routing-instances><instance><name>{name}</name><instance-type>{kind}</instance-type>"
        f"{listed}</instance></routing-instances>"
    )


def listed(protocol: str, *entries: str) -> str:
    return f"<{protocol}>{''.join(f'<interface>{e}</interface>' for e in entries)}</{protocol}>"


IN_VRF = instance("A", "ge-0/0/1.0")
ALL = "<name>all</name>"
L2CIRCUIT = (
    "<l2circuit><neighbor><name>192.0.2.9</name><interface><name>ge-0/0/1.0</name></interface>"
    "</neighbor></l2circuit>"
)
LOCAL_SWITCHING = (
    "<l2circuit><local-switching><interface><name>ge-0/0/9.0</name><end-interface>"
    "<interface>ge-0/0/1.0</interface></end-interface></interface></local-switching></l2circuit>"
)
UNITS = [
    # what, unit(s) of ge-0/0/1, protocols, rest, rule
    ("mpls", unit(0, "<mpls/>"), "", "", "core"),
    ("mpls on any unit", unit(0) + unit(5, "<mpls/>"), "", "", "core"),
    ("mpls in a VRF", unit(0, "<mpls/>"), "", IN_VRF, "core"),
    ("listed", unit(0), listed("rsvp", "<name>ge-0/0/1.0</name>"), "", "core"),
    ("listed, another unit", unit(7), listed("isis", "<name>ge-0/0/1.7</name>"), "", "core"),
    ("listed, no unit configured", "", listed("ldp", "<name>ge-0/0/1.0</name>"), "", "core"),
    ("listed without a unit", unit(0), listed("ldp", "<name>ge-0/0/1</name>"), "", "core"),
    ("another port listed", unit(0), listed("ldp", "<name>ge-0/0/10.0</name>"), "", "no-service"),
    ("passive", unit(0), listed("isis", "<name>ge-0/0/1.0</name><passive/>"), "", "no-service"),
    ("all", unit(0), listed("mpls", ALL), "", "core"),
    (
        "all, but disabled",
        unit(0),
        listed("mpls", ALL, "<name>ge-0/0/1.0</name><disable/>"),
        "",
        "no-service",
    ),
    (
        "all, but passive",
        unit(0),
        listed("isis", ALL, "<name>ge-0/0/1.0</name><passive/>"),
        "",
        "no-service",
    ),
    (
        "all, another unit disabled",
        unit(0) + unit(1),
        listed("mpls", ALL, "<name>ge-0/0/1.0</name><disable/>"),
        "",
        "core",
    ),
    (
        "all twice, one disabled",
        unit(0),
        listed("mpls", ALL) + listed("ldp", ALL, "<name>ge-0/0/1.0</name><disable/>"),
        "",
        "core",
    ),
    ("all, no units", "", listed("mpls", ALL), "", "free"),
    ("all, in a VRF", unit(0, "<inet/>"), listed("mpls", ALL), IN_VRF, "in-service"),
    ("all, layer 2", unit(0, "<vpls/>"), listed("mpls", ALL), "", "in-service"),
    (
        "all, one unit in a VRF",
        unit(0, "<inet/>") + unit(1, "<inet/>"),
        listed("mpls", ALL),
        IN_VRF,
        "core",
    ),
    ("inet", unit(0, "<inet/>"), "", "", "global-l3"),
    ("inet6", unit(0, "<inet6/>"), "", "", "global-l3"),
    ("iso", unit(0, "<iso/>"), "", "", "global-l3"),
    ("inet in a VRF", unit(0, "<inet/>"), "", IN_VRF, "in-service"),
    ("inet in a VRF and outside", unit(0, "<inet/>") + unit(1, "<inet/>"), "", IN_VRF, "global-l3"),
    (
        "virtual router",
        unit(0, "<inet/>"),
        "",
        instance("V", "ge-0/0/1", kind="virtual-router"),
        "in-service",
    ),
    ("l2circuit", unit(0), L2CIRCUIT, "", "in-service"),
    ("local switching", unit(0), LOCAL_SWITCHING, "", "in-service"),
    ("ccc", unit(0, "<ccc/>"), "", "", "in-service"),
    ("vpls", unit(0, "<vpls/>"), "", "", "in-service"),
    ("bridge", unit(0, "<bridge/>"), "", "", "in-service"),
    ("ethernet-switching", unit(0, "<ethernet-switching/>"), "", "", "in-service"),
    ("vlan-ccc", unit(0, "", "<encapsulation>vlan-ccc</encapsulation>"), "", "", "in-service"),
    (
        "vlan-bridge",
        unit(0, "", "<encapsulation>vlan-bridge</encapsulation>"),
        "",
        "",
        "in-service",
    ),
    ("bare unit", unit(0), "", "", "no-service"),
    ("mgmt_junos", unit(0, "<inet/>"), "", instance("mgmt_junos", "ge-0/0/1.0"), "management"),
]


@pytest.mark.parametrize(
    ("units", "protocols", "rest", "rule"),
    [row[1:] for row in UNITS],
    ids=[row[0] for row in UNITS],
)
def test_what_stands_on_the_units_of_a_port_decides(
    units: str, protocols: str, rest: str, rule: str
) -> None:
    text = device(interfaces=port("ge-0/0/1", units), protocols=protocols, rest=rest)
    verdict = judge(text)["ge-0/0/1"]
    assert verdict.rule == rule
    assert (verdict.verdict == "recommended") is (rule in ("in-service", "free", "no-service"))
    assert verdict.in_use is (rule == "in-service" or "in-service" in verdict.matched)


def test_the_first_exclusion_decides_and_every_match_is_recorded() -> None:
    bundle = "<ether-options><ieee-802.3ad><bundle>ae0</bundle></ieee-802.3ad></ether-options>"
    text = device(interfaces=port("ge-0/0/1", bundle + unit(0, "<inet/><mpls/>") + "<disable/>"))
    verdict = judge(text)["ge-0/0/1"]
    assert verdict.rule == "lag-member"
    assert verdict.matched == ("lag-member", "core", "global-l3", "no-service", "disabled")
    assert [e.value for e in verdict.evidence] == ["ae0"]


def test_the_evidence_of_a_core_port_says_where_it_stands() -> None:
    text = device(
        interfaces=port("ge-0/0/1", unit(0, "<mpls/>")),
        protocols=listed("ldp", "<name>ge-0/0/1.0</name>", ALL),
    )
    assert [e.path for e in judge(text)["ge-0/0/1"].evidence] == [
        "interfaces/interface[ge-0/0/1]/unit[0]/family/mpls",
        "protocols/ldp/interface[ge-0/0/1.0]",
        "protocols/ldp/interface[all]",
    ]


@pytest.mark.parametrize(
    "rule", [r for r in RULES if r.scope is RuleScope.INTERFACE], ids=lambda r: r.id
)
def test_every_interface_rule_finds_its_own_sample(rule) -> None:  # type: ignore[no-untyped-def]
    sample = rule.sample
    if not sample.startswith("<configuration>"):
        sample = f"<results><configuration/>{sample}</results>"
    assert any(rule.id in verdict.matched for verdict in judge(sample).values())


def test_a_person_can_include_and_exclude_interfaces() -> None:
    text = device(
        interfaces=port("ge-0/0/1") + port("ge-0/0/2", unit(0, "<mpls/>")) + port("ge-0/0/3")
    )
    found = judge(
        text,
        RoleException("exclude-interface", "ge-0/0/1"),
        RoleException("include-interface", "ge-0/0/2"),
        RoleException("include-interface", "ge-0/0/3"),
        RoleException("exclude-interface", "ge-0/0/3"),
        RoleException("include-interface", "ge-0/0/3"),
    )
    verdicts = {name: (found[name].verdict.value, found[name].rule) for name in found}
    assert verdicts == {
        "ge-0/0/1": ("excluded", "exception"),
        "ge-0/0/2": ("recommended", "exception"),
        "ge-0/0/3": ("excluded", "exception"),
        "lo0": ("excluded", "pseudo"),
    }
    assert found["ge-0/0/2"].matched == ("core", "no-service")


PORTS = [f"ge-0/0/{number}" for number in range(4)]
FAMILIES = ["inet", "inet6", "iso", "mpls", "ccc", "vpls", "bridge", "ethernet-switching"]
CORE_PROTOCOLS = ["mpls", "ldp", "rsvp", "isis"]

ports_strategy = st.lists(
    st.tuples(st.sampled_from(PORTS), st.integers(0, 2), st.sampled_from(["", *FAMILIES])),
    max_size=8,
)
core_strategy = st.lists(
    st.tuples(
        st.sampled_from(CORE_PROTOCOLS),
        st.sampled_from([*(f"{name}.0" for name in PORTS), *PORTS, "all"]),
        st.sampled_from(["", "", "<passive/>", "<disable/>"]),
    ),
    max_size=6,
)


def network(
    units: list[tuple[str, int, str]], core: list[tuple[str, str, str]], members: list[str]
) -> str:
    interfaces = "".join(
        port(name, unit(number, f"<{family}/>" if family else "")) for name, number, family in units
    )
    protocols = "".join(
        listed(protocol, f"<name>{name}</name>{state}") for protocol, name, state in core
    )
    rest = instance("A", *members) if members else ""
    return device(interfaces=interfaces, protocols=protocols, rest=rest)


members_strategy = st.lists(st.sampled_from([f"{name}.0" for name in PORTS]), max_size=2)


@given(ports_strategy, core_strategy, members_strategy)
def test_an_interface_under_a_core_protocol_is_never_recommended_except_by_a_person(
    units: list[tuple[str, int, str]], core: list[tuple[str, str, str]], members: list[str]
) -> None:
    facing = {name.removesuffix(".0") for _, name, state in core if not state}
    facing |= {name for name, _, family in units if family == "mpls"}
    found = judge(network(units, core, members))
    recommended = {name for name, verdict in found.items() if verdict.verdict == "recommended"}
    assert not recommended & facing
    forced = judge(
        network(units, core, members),
        *(RoleException("include-interface", name) for name in facing - {"all"}),
    )
    assert all(forced[name].rule == "exception" for name in facing & set(forced))


@given(ports_strategy, core_strategy, members_strategy, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(  # type: ignore[no-untyped-def]
    units: list[tuple[str, int, str]],
    core: list[tuple[str, str, str]],
    members: list[str],
    random,
) -> None:
    def summary(text: str) -> dict[str, tuple[str, str, bool, tuple[str, ...]]]:
        return {
            name: (verdict.verdict.value, verdict.rule, verdict.in_use, verdict.matched)
            for name, verdict in judge(text).items()
        }

    before = summary(network(units, core, members))
    for part in (units, core, members):
        random.shuffle(part)
    assert summary(network(units, core, members)) == before


@given(ports_strategy, core_strategy, members_strategy)
def test_every_verdict_has_a_rule_that_matched(
    units: list[tuple[str, int, str]], core: list[tuple[str, str, str]], members: list[str]
) -> None:
    for verdict in judge(network(units, core, members)).values():
        assert verdict.rule in verdict.matched


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=20))
def test_used_vlans_are_the_same_set_in_the_fewest_ranges(spans: list[tuple[int, int]]) -> None:
    ranges = [(low, low + length) for low, length in spans]
    merged = merge_ranges(ranges)
    used = {vlan for low, high in ranges for vlan in range(low, high + 1)}
    assert {vlan for low, high in merged for vlan in range(low, high + 1)} == used
    assert all(before[1] + 1 < after[0] for before, after in pairwise(merged))
