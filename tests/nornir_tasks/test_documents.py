"""Facts and evaluations as documents, and what comes back from them after a trip through JSON."""

import json
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_tasks.evaluation import (
    Evaluation,
    InterfaceDecision,
    InterfaceVerdict,
    Role,
    compact_document,
    complete_document,
)
from nornir_tasks.facts import (
    BgpGroup,
    BgpNeighbor,
    Comment,
    DeviceFacts,
    Evidence,
    InterfaceFacts,
    LoopbackAddress,
    ServiceInstance,
    UnitFacts,
    facts_from_dict,
    facts_to_dict,
)
from tests.nornir_tasks.golden import CONFIGURATIONS, documents_of, stored_at


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda path: path.stem)
def test_a_saved_configuration_gives_the_documents_that_it_gave(configuration: Path) -> None:
    """However they are made; see `golden` for what to do when they are meant to change."""
    stored = json.loads(stored_at(configuration).read_text(encoding="utf-8"))
    made = documents_of(configuration)
    assert made == stored
    assert json.dumps(made) == json.dumps(stored)


def evaluation_of(interfaces: tuple[InterfaceVerdict, ...]) -> Evaluation:
    return Evaluation(
        device="pe1",
        role=Role.N_PE,
        reason="capabilities",
        loopback="10.0.0.1",
        loopback_alternatives=(),
        flags=(),
        capabilities=(),
        rules=(),
        interfaces=interfaces,
        warnings=(),
        profile="csd",
        capability_policy="any",
        sources=(),
    )


def default_of(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def without_defaults(value: Any) -> Any:
    """Return plain values of a dataclass, at every level without what has its default."""
    if is_dataclass(value):
        held = [(field, getattr(value, field.name)) for field in fields(value)]
        return {
            field.name: without_defaults(each) for field, each in held if each != default_of(field)
        }
    if isinstance(value, dict):
        return {name: without_defaults(each) for name, each in value.items()}
    return tuple(map(without_defaults, value)) if isinstance(value, tuple) else value


@given(st.from_type(DeviceFacts))
@settings(max_examples=200)
def test_a_document_of_facts_has_every_field_but_defaults(facts: DeviceFacts) -> None:
    document = facts_to_dict(facts)
    assert document == without_defaults(facts)
    # And in the order of their definition.
    assert json.dumps(document) == json.dumps(without_defaults(facts))


def test_what_is_left_out_of_the_documents_of_facts_is_what_it_was() -> None:
    """A stored document means by what it leaves out the defaults of this table.

    Another default would change what all of them say of their devices: it takes a migration that
    writes the old one into them. A new field needs a default that says what was so before it.
    """
    kinds = (
        *(DeviceFacts, InterfaceFacts, UnitFacts, ServiceInstance, BgpGroup, BgpNeighbor),
        *(LoopbackAddress, Comment, Evidence),
    )
    assert {
        kind.__name__: {
            field.name: default_of(field)
            for field in fields(kind)
            if default_of(field) is not MISSING
        }
        for kind in kinds
    } == {
        "DeviceFacts": {
            "host_name": "",
            "fingerprint": "",
            "sources": ("configuration",),
            "comments": (),
            "loopbacks": (),
            "ipv6_loopback": False,
            "router_id": "",
            "local_as": None,
            "bgp_groups": (),
            "ldp_loopback": (),
            "signaling": {},
            "core_interfaces": {},
            "core_exemptions": {},
            "instances": (),
            "management_interfaces": (),
            "interfaces": (),
            "warnings": (),
        },
        "InterfaceFacts": {
            "path": "",
            "units": (),
            "encapsulation": "",
            "bundle": "",
            "redundant_parent": "",
            "disabled": False,
            "oper_status": "",
            "configured": True,
            "logical_systems": (),
            "logical_system_vlans": (),
            "logical_system_core": (),
        },
        "UnitFacts": {"families": (), "encapsulation": "", "vlans": (), "disabled": False},
        "ServiceInstance": {"interfaces": (), "path": ""},
        "BgpGroup": {"type": "", "peer_as": None, "local_as": None, "neighbors": (), "path": ""},
        "BgpNeighbor": {"peer_as": None, "local_as": None},
        "LoopbackAddress": {"primary": False, "preferred": False, "path": ""},
        "Comment": {},
        "Evidence": {"value": ""},
    }


@given(st.from_type(DeviceFacts))
@settings(max_examples=200)
def test_facts_come_back_from_their_document_and_from_one_in_full(facts: DeviceFacts) -> None:
    """An earlier release stored every field."""
    for document in (facts_to_dict(facts), asdict(facts)):
        assert facts_from_dict(json.loads(json.dumps(document))) == facts


@given(st.from_type(Evaluation))
@settings(max_examples=200)
def test_a_document_of_an_evaluation_has_every_field(evaluation: Evaluation) -> None:
    document = evaluation.as_dict()
    assert document == asdict(evaluation)
    assert json.dumps(document) == json.dumps(asdict(evaluation))


@given(st.from_type(Evaluation))
@settings(max_examples=200)
def test_an_evaluation_that_was_stored_is_complete_again(evaluation: Evaluation) -> None:
    """As it is stored, and as an earlier release stored it."""
    complete = json.loads(json.dumps(evaluation.as_dict()))
    for stored in (compact_document(evaluation), evaluation.as_dict()):
        document = complete_document(json.loads(json.dumps(stored)))
        assert document == complete
        assert json.dumps(document) == json.dumps(complete)


def test_a_stored_document_names_the_columns_of_its_interfaces_once() -> None:
    interfaces = (
        InterfaceVerdict("ge-0/0/1", InterfaceDecision.RECOMMENDED, "free", ("free",)),
        InterfaceVerdict(
            *("ge-0/0/2", InterfaceDecision.EXCLUDED, "core"), evidence=(Evidence("a", "b"),)
        ),
    )
    stored = compact_document(evaluation_of(interfaces))
    assert json.loads(json.dumps(stored["interfaces"])) == {
        "columns": [each.name for each in fields(InterfaceVerdict)],
        "rows": [
            ["ge-0/0/1", "recommended", "free", ["free"], False, [1, 4094], [], [], []],
            ["ge-0/0/2", "excluded", "core", [], False, [1, 4094], [], [], [["a", "b"]]],
        ],
    }


def test_the_columns_are_those_that_a_document_names() -> None:
    """Whatever the order of another release."""
    table = {"columns": ["rule", "name", "evidence"], "rows": [["free", "ge-0/0/1", [["a", ""]]]]}
    assert complete_document({"interfaces": table}) == {
        "interfaces": [
            {"rule": "free", "name": "ge-0/0/1", "evidence": [{"path": "a", "value": ""}]}
        ]
    }


def test_a_document_without_interfaces_stays_as_it_is() -> None:
    assert complete_document({}) == {}
    assert complete_document({"role": "P"}) == {"role": "P"}


@given(st.from_type(Evaluation))
def test_every_interface_is_recommended_or_excluded(evaluation: Evaluation) -> None:
    decisions = [each.verdict for each in evaluation.interfaces]
    assert evaluation.uni_count == decisions.count(InterfaceDecision.RECOMMENDED)
    assert evaluation.excluded_count == decisions.count(InterfaceDecision.EXCLUDED)
