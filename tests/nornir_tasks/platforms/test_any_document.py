"""Whatever well-formed XML comes: an answer or one clear error, never a traceback."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_tasks.classification import classify
from nornir_tasks.errors import PrestageError
from nornir_tasks.facts import facts_from_dict, facts_to_dict
from nornir_tasks.platforms import get_platform
from nornir_tasks.rules import evaluate
from nornir_tasks.xml import parse_document
from tests.nornir_tasks.configurations import device, facts_of, group, port, unit

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "junos").glob("*.xml"))

NAMES = """
configuration rpc-reply data rpc-error error-severity error-message interface-
information physical-interface oper-status system host-name interfaces interface unit
family inet inet6 iso mpls ccc address name primary preferred disable passive protocols
bgp group neighbor type peer-as local-as as-number l2vpn inet-vpn evpn signaling unicast
any ldp rsvp isis ospf ospf3 area realm level l2circuit local-switching end-interface
routing-options router-id autonomous-system routing-instances instance instance-type
logical-systems groups apply-groups interface-range comment vlan-id vlan-id-list vlan-
tags outer encapsulation gigether-options ether-options ieee-802.3ad bundle redundant-
parent parent x junos:comment
""".split()  # noqa: SIM905 - fifty names, not fifty lines
TEXTS = (
    "|lo0|lo0.0|all|0|1|ge-0/0/0|ge-0/0/0.0|ae0|fxp0|192.0.2.1/32|127.0.0.1|2001:db8::1|external|"
    "internal|65000|1.10|100-200|/* N-PE */|# PE|error|warning|vrf|mgmt_junos|vlan-ccc|]|'\"|é|"
    "\u0661|99999999999999999999|-|." + "9" * 5000
).split("|")
ATTRIBUTES = [
    ("", ""),
    ("inactive", "inactive"),
    ("jcmd:active", "false"),
    ("jcmd:comment", "/* PE */"),
    ("junos:commit-seconds", "5"),
    ("xmlns", "http://yang.juniper.net/junos/conf/protocols"),
]


Element = tuple[str, tuple[str, str], str, list[Any]]


def render(node: Element) -> str:
    name, (key, value), text, children = node
    attribute = f" {key}={quoteattr(value)}" if key else ""
    inside = "".join(render(child) for child in children)
    return f"<{name}{attribute}>{escape(text)}{inside}</{name}>"


elements: st.SearchStrategy[Element] = st.recursive(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(ATTRIBUTES), st.sampled_from(TEXTS), st.just([])
    ),
    lambda children: st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(ATTRIBUTES),
        st.sampled_from(TEXTS),
        st.lists(children, max_size=5),
    ),
    max_leaves=30,
)


def assert_clear(error: PrestageError) -> None:
    assert 0 < len(error.text) < 500
    assert "\n" not in error.text


@given(st.lists(elements, max_size=4), st.booleans())
@settings(max_examples=300)
def test_any_nesting_of_any_names_gives_an_answer_or_a_clear_error(
    content: list[Element], wrapped: bool
) -> None:
    inside = "".join(map(render, content))
    root = "configuration" if wrapped else "rpc-reply"
    try:
        evaluations = classify(f"<{root}>{inside}</{root}>".encode(), profile="extended")
    except PrestageError as error:
        assert_clear(error)
        return
    json.dumps([evaluation.as_dict() for evaluation in evaluations])


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"<a>{text}</a>".encode()))
def test_any_bytes_give_an_element_or_a_clear_error(data: bytes) -> None:
    try:
        parse_document(data)
    except PrestageError as error:
        assert_clear(error)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_document_that_is_cut_anywhere_gives_a_clear_error(path: Path) -> None:
    data = path.read_bytes().strip()
    for end in range(0, len(data) - 1, 97):
        with pytest.raises(PrestageError):
            classify(data[:end])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_facts_come_back_from_json_as_they_went(path: Path) -> None:
    document = parse_document(path.read_bytes())
    for facts in get_platform("junos").facts_from_document(None, document):
        again = facts_from_dict(json.loads(json.dumps(facts_to_dict(facts))))
        assert again == facts
        assert evaluate(again) == evaluate(facts)


def test_facts_of_another_release_are_read_with_defaults() -> None:
    stored = asdict(facts_of(device(interfaces=port("ge-0/0/1", unit(3))))[0])
    stored["invented-later"] = 1
    stored["interfaces"][0]["invented-later"] = 1
    del stored["core_exemptions"]
    del stored["interfaces"][0]["logical_system_vlans"]
    facts = facts_from_dict(json.loads(json.dumps(stored)))
    assert facts == facts_of(device(interfaces=port("ge-0/0/1", unit(3))))[0]
    assert facts_from_dict({"device": "r", "platform": "junos"}).interfaces == ()


def test_a_document_as_deep_as_allowed_is_read_without_recursion() -> None:
    deep = "<unit>" * 200 + "</unit>" * 200
    (facts,) = facts_of(device(interfaces=port("ge-0/0/1", deep), protocols=group("G", deep)))
    assert [group.name for group in facts.bgp_groups] == ["G"]
