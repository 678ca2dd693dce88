"""What is deactivated has no effect, wherever it stands, and the reply stays as it came."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from nornir_tasks.facts import DeviceFacts
from nornir_tasks.platforms import get_platform
from nornir_tasks.xml import LOCAL_NAMES, MAX_NAMES, local_name, parse_document
from tests.nornir_tasks.configurations import device, facts_of, port, unit

JCMD = 'xmlns:jcmd="http://yang.juniper.net/junos/jcmd"'
MARKS = ["", 'inactive="inactive"', f'{JCMD} jcmd:active="false"', 'jcmd:active="false"']
NOT_MARKS = ['inactive="false"', f'{JCMD} jcmd:active="true"', 'x="inactive"', 'jcmd:comment="x"']
NAMES = """
interface unit family inet mpls address name disable vlan-id bgp group neighbor type peer-as ldp
isis apply-groups nc:apply-groups l2vpn signaling
""".split()  # noqa: SIM905 - twenty names, not twenty lines
TEXTS = ["", "0", "1", "lo0", "ge-0/0/1", "192.0.2.1/32", "external", "65000"]

Element = tuple[str, str, str, list[Any]]

elements: st.SearchStrategy[Element] = st.recursive(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(MARKS + NOT_MARKS),
        st.sampled_from(TEXTS),
        st.just([]),
    ),
    lambda children: st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(MARKS[:2] + NOT_MARKS),
        st.sampled_from(TEXTS),
        st.lists(children, max_size=4),
    ),
    max_leaves=25,
)


def render(element: Element, *, marked: bool) -> str:
    name, mark, text, children = element
    if mark in MARKS[1:] and not marked:
        return ""
    inside = "".join(render(child, marked=marked) for child in children)
    return f"<{name} {mark}>{text}{inside}</{name}>"


def read(branches: dict[str, list[Element]], *, marked: bool) -> tuple[DeviceFacts, ...]:
    content = "".join(
        f"<{name}>{''.join(render(each, marked=marked) for each in inside)}</{name}>"
        for name, inside in branches.items()
    )
    document = parse_document(f"<configuration>{content}</configuration>".encode())
    before = etree.tostring(document)
    facts = get_platform("junos").facts_from_document("r", document)
    assert etree.tostring(document) == before
    return facts


@given(
    st.fixed_dictionaries(
        {name: st.lists(elements, max_size=4) for name in ("interfaces", "protocols")}
    )
)
@settings(max_examples=300)
def test_what_is_inactive_might_as_well_not_be_there(branches: dict[str, list[Element]]) -> None:
    assert read(branches, marked=True) == read(branches, marked=False)


def test_a_statement_that_is_marked_in_two_ways_is_inactive_once() -> None:
    off = f'{JCMD} jcmd:active="false" inactive="inactive"'
    text = device(interfaces=port("ge-0/0/1", unit(1) + unit(2).replace(">", f" {off}>", 1)))
    (found,) = (each for each in facts_of(text)[0].interfaces if each.name == "ge-0/0/1")
    assert [each.name for each in found.units] == ["1"]


@pytest.mark.parametrize("name", ["apply-groups", "nc:apply-groups", "nc:interface-range"])
def test_what_inherits_is_seen_although_its_prefix_is_not_declared(name: str) -> None:
    ports = port("ge-0/0/1", f"<{name}>G</{name}>")
    text = device(interfaces=ports).replace("<configuration>", '<configuration xmlns="urn:c">')
    assert facts_of(text)[0].warnings == ("inheritance-not-resolved",)


def test_the_names_of_strangers_are_not_kept_for_ever() -> None:
    for number in range(2 * MAX_NAMES):
        assert local_name(f"{{urn:x}}a{number}") == f"a{number}"
    assert len(LOCAL_NAMES) <= MAX_NAMES
