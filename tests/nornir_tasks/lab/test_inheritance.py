import pytest
from lxml import etree

from nornir_tasks.lab import Fleet
from nornir_tasks.lab.inheritance import expand_groups
from nornir_tasks.lab.tree import parse_content

MTU = (
    "<groups><name>{0}</name><interfaces><interface><name>{1}</name><mtu>{2}</mtu></interface>"
    "</interfaces></groups>"
)
PORT = "<interfaces><interface><name>ge-0/0/0</name>{}</interface></interfaces>"


def mtus(content: str) -> dict[str, str]:
    expanded = expand_groups(parse_content(content))
    assert expanded.find("groups") is None
    assert not list(expanded.iter("apply-groups"))
    return {
        entry.findtext("name", ""): entry.findtext("mtu", "")
        for entry in expanded.iterfind("interfaces/interface")
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (MTU.format("A", "ge-0/0/0", 1) + PORT.format(""), {"ge-0/0/0": ""}),
        (
            MTU.format("A", "ge-0/0/0", 1) + "<apply-groups>A</apply-groups>" + PORT.format(""),
            {"ge-0/0/0": "1"},
        ),
        (
            MTU.format("A", "&lt;ge-*&gt;", 1) + "<apply-groups>A</apply-groups>" + PORT.format(""),
            {"ge-0/0/0": "1"},
        ),
        (
            MTU.format("A", "&lt;xe-*&gt;", 1) + "<apply-groups>A</apply-groups>" + PORT.format(""),
            {"ge-0/0/0": ""},
        ),
        (
            MTU.format("A", "&lt;*&gt;", 1) + PORT.format("<apply-groups>A</apply-groups>"),
            {"ge-0/0/0": "1"},
        ),
        (
            MTU.format("A", "ge-0/0/0", 1)
            + "<apply-groups>A</apply-groups>"
            + PORT.format("<mtu>9</mtu>"),
            {"ge-0/0/0": "9"},
        ),
        (
            MTU.format("A", "ge-0/0/0", 1)
            + MTU.format("B", "ge-0/0/0", 2)
            + "<apply-groups>B</apply-groups><apply-groups>A</apply-groups>"
            + PORT.format(""),
            {"ge-0/0/0": "2"},
        ),
        (
            MTU.format("A", "ge-0/0/0", 1)
            + MTU.format("B", "ge-0/0/0", 2)
            + "<apply-groups>A</apply-groups>"
            + PORT.format("<apply-groups>B</apply-groups>"),
            {"ge-0/0/0": "2"},
        ),
        (
            MTU.format("A", "ge-0/0/7", 1) + "<apply-groups>A</apply-groups>" + PORT.format(""),
            {"ge-0/0/0": "", "ge-0/0/7": "1"},
        ),
        (
            MTU.format("A", "ge-0/0/0", 1)
            + '<apply-groups inactive="inactive">A</apply-groups>'
            + PORT.format(""),
            {"ge-0/0/0": ""},
        ),
    ],
    ids=[
        "a group that is not applied does nothing",
        "a group applies at the root",
        "wildcards match entries that exist",
        "wildcards that do not match do nothing",
        "a group applies where it is named",
        "what is set wins",
        "the first group named wins",
        "an inner group wins",
        "an entry that only the group has is added",
        "a deactivated apply-groups does nothing",
    ],
)
def test_groups_are_inherited_as_junos_does(content: str, expected: dict[str, str]) -> None:
    assert mtus(content) == expected


def test_a_device_of_kind_groups_shows_its_core_port_only_with_inheritance() -> None:
    tree = parse_content(Fleet.of({"groups": 1}).devices[0].blueprint().content)
    core = "interfaces/interface[name='xe-0/0/0']/unit/family/mpls"
    families = "protocols/bgp/group/family/l2vpn/signaling"
    ldp = "protocols/ldp/interface[name='lo0.0']"
    expanded = expand_groups(tree)
    for path in (core, families, ldp):
        assert tree.find(path) is None
        assert expanded.find(path) is not None
    untouched = [
        next(each.iterfind("interfaces/interface[name='lo0']")) for each in (tree, expanded)
    ]
    assert etree.tostring(untouched[0]) == etree.tostring(untouched[1])
