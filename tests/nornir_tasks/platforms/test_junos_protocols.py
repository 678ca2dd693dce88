"""BGP, LDP and the core protocols of a Junos configuration (prestaging spec, sections 3 and 4)."""

import pytest

from nornir_tasks.facts import BgpNeighbor
from tests.nornir_tasks.configurations import device, facts_of, group

AS_NUMBERS = [
    ("<as-number>65000</as-number>", 65000),
    ("<as-number>1.10</as-number>", 65546),
    ("65000", 65000),
    ("0.10", 10),
    ("<as-number>65535.65535</as-number>", 4294967295),
    ("<as-number>4294967296</as-number>", None),
    ("<as-number>1.65536</as-number>", None),
    ("0", None),
    ("$as", None),
    ("", None),
]


@pytest.mark.parametrize(("content", "number"), AS_NUMBERS)
def test_as_numbers_are_read_in_plain_and_asdot_notation(content: str, number: int | None) -> None:
    options = f"<autonomous-system>{content}</autonomous-system>"
    (facts,) = facts_of(device(rest=f"<routing-options>{options}</routing-options>"))
    assert facts.local_as == number


def test_bgp_groups_keep_what_tells_internal_from_external() -> None:
    content = (
        "<peer-as>1.1</peer-as><local-as><as-number>7</as-number></local-as>"
        "<neighbor><name>192.0.2.9</name><peer-as>9</peer-as><local-as>8</local-as></neighbor>"
        "<neighbor><name>192.0.2.8</name></neighbor>"
    )
    (found,) = facts_of(device(protocols=group("X", content)))[0].bgp_groups
    assert (found.type, found.peer_as, found.local_as) == ("", 65537, 7)
    assert found.neighbors == (BgpNeighbor("192.0.2.9", 9, 8), BgpNeighbor("192.0.2.8"))


@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ("<bgp>{}</bgp>", "protocols/bgp"),
        ("<bgp><group><name>G</name>{}</group></bgp>", "protocols/bgp/group[G]"),
        (
            "<bgp><group><name>G</name><neighbor><name>N</name>{}</neighbor></group></bgp>",
            "protocols/bgp/group[G]/neighbor[N]",
        ),
    ],
)
@pytest.mark.parametrize(
    ("family", "kind"),
    [("l2vpn", "signaling"), ("inet-vpn", "unicast"), ("inet-vpn", "any"), ("evpn", "signaling")],
)
def test_bgp_families_are_found_at_every_level(
    inside: str, place: str, family: str, kind: str
) -> None:
    statement = f"<family><{family}><{kind}/></{family}></family>"
    (facts,) = facts_of(device(protocols=inside.format(statement)))
    paths = {name: [e.path for e in evidence] for name, evidence in facts.signaling.items()}
    assert paths == {family: [f"{place}/family/{family}/{kind}"]}


@pytest.mark.parametrize(
    "statement",
    ["<l2vpn/>", "<l2vpn><unicast/></l2vpn>", "<inet-vpn><multicast/></inet-vpn>", "<inet/>"],
)
def test_other_bgp_families_signal_no_service(statement: str) -> None:
    (facts,) = facts_of(device(protocols=group("G", f"<family>{statement}</family>")))
    assert facts.signaling == {}


def test_the_documented_path_without_family_is_accepted_for_groups() -> None:
    (facts,) = facts_of(device(protocols=group("G", "<l2vpn><signaling/></l2vpn>")))
    assert facts.signaling["l2vpn"][0].path == "protocols/bgp/group[G]/l2vpn/signaling"


def test_bgp_that_is_disabled_as_a_whole_has_no_groups() -> None:
    protocols = group("G", "<type>external</type>").replace("<bgp>", "<bgp><disable/>")
    assert facts_of(device(protocols=protocols))[0].bgp_groups == ()


def ldp(*entries: str) -> str:
    return "<ldp>" + "".join(f"<interface>{entry}</interface>" for entry in entries) + "</ldp>"


@pytest.mark.parametrize(
    ("entries", "covered"),
    [
        (["<name>lo0.0</name>"], True),
        (["<name>lo0</name>"], True),
        (["<name>all</name>"], True),
        (["lo0.0"], True),
        (["<name>lo0.0</name><disable/>"], False),
        (["<name>all</name><disable/>"], False),
        (["<name>all</name>", "<name>lo0.0</name><disable/>"], False),
        (["<name>all</name>", "<name>ge-0/0/0.0</name><disable/>"], True),
        (["<name>lo0.1</name>"], False),
        (["<name>ge-0/0/0.0</name>"], False),
        ([], False),
    ],
)
def test_ldp_covers_the_loopback_by_name_or_by_all(entries: list[str], covered: bool) -> None:
    assert bool(facts_of(device(protocols=ldp(*entries)))[0].ldp_loopback) is covered


def test_ldp_that_is_disabled_as_a_whole_covers_nothing() -> None:
    protocols = ldp("<name>lo0.0</name>").replace("<ldp>", "<ldp><disable/>")
    (facts,) = facts_of(device(protocols=protocols))
    assert (facts.ldp_loopback, facts.core_interfaces) == ((), {})


NAME = "<name>ge-0/0/1.0</name>"
CORE = [
    (f"<mpls><interface>{NAME}</interface></mpls>", True),
    (f"<ldp><interface>{NAME}</interface></ldp>", True),
    (f"<rsvp><interface>{NAME}</interface></rsvp>", True),
    (f"<isis><interface>{NAME}</interface></isis>", True),
    (f"<ospf><area><name>0</name><interface>{NAME}</interface></area></ospf>", True),
    (f"<ospf3><area><name>0</name><interface>{NAME}</interface></area></ospf3>", True),
    (
        (
            "<ospf3><realm><name>ipv4-unicast</name><area><name>0</name>"
            f"<interface>{NAME}</interface></area></realm></ospf3>"
        ),
        True,
    ),
    ("<mpls><interface><name>ge-0/0/1</name></interface></mpls>", True),
    (f"<mpls><interface>{NAME}<disable/></interface></mpls>", False),
    (f"<isis><interface>{NAME}<passive/></interface></isis>", False),
    (f"<isis><interface>{NAME}<level><name>1</name><disable/></level></interface></isis>", True),
    (
        (
            f"<isis><interface>{NAME}<level><name>1</name><disable/></level>"
            "<level><name>2</name><passive/></level></interface></isis>"
        ),
        False,
    ),
    (
        (
            f"<isis><level><name>1</name><disable/></level><interface>{NAME}"
            "<level><name>2</name><passive/></level></interface></isis>"
        ),
        False,
    ),
    (
        (
            f"<ospf><area><name>0</name><interface>{NAME}<passive><traffic-engineering/></passive>"
            "</interface></area></ospf>"
        ),
        False,
    ),
    (
        (
            f"<ospf><area><name>0</name><interface>{NAME}</interface></area>"
            f"<area><name>1</name><interface>{NAME}<passive/></interface></area></ospf>"
        ),
        True,
    ),
    (f"<ospf><disable/><area><name>0</name><interface>{NAME}</interface></area></ospf>", False),
    (f"<lldp><interface>{NAME}</interface></lldp>", False),
]


@pytest.mark.parametrize(("protocols", "core"), CORE)
def test_interfaces_of_core_protocols_are_listed_unless_passive_or_disabled(
    protocols: str, core: bool
) -> None:
    (facts,) = facts_of(device(protocols=protocols))
    assert list(facts.core_interfaces) == (["ge-0/0/1.0"] if core else [])


def test_core_protocols_of_instances_and_logical_systems_are_not_the_main_systems() -> None:
    protocols = f"<protocols><ldp><interface>{NAME}</interface></ldp></protocols>"
    rest = (
        f"<routing-instances><instance><name>A</name>{protocols}</instance></routing-instances>"
        f"<logical-systems><name>L</name>{protocols}</logical-systems>"
    )
    main, logical = facts_of(device(rest=rest))
    assert main.core_interfaces == {}
    assert list(logical.core_interfaces) == ["ge-0/0/1.0"]
