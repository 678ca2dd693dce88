"""Facts and evaluations as documents: complete, and the same after a trip through JSON."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_tasks.evaluation import Evaluation, InterfaceDecision
from nornir_tasks.facts import DeviceFacts, facts_from_dict, facts_to_dict
from tests.nornir_tasks.golden import CONFIGURATIONS, documents_of, stored_at


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda path: path.stem)
def test_a_saved_configuration_gives_the_documents_that_it_gave(configuration: Path) -> None:
    """However they are made; see `golden` for what to do when they are meant to change."""
    stored = json.loads(stored_at(configuration).read_text(encoding="utf-8"))
    made = documents_of(configuration)
    assert made == stored
    assert json.dumps(made) == json.dumps(stored)


@given(st.from_type(DeviceFacts))
@settings(max_examples=200)
def test_a_document_of_facts_has_every_field(facts: DeviceFacts) -> None:
    document = facts_to_dict(facts)
    assert document == asdict(facts)
    # And in the order of their definition.
    assert json.dumps(document) == json.dumps(asdict(facts))


@given(st.from_type(DeviceFacts))
@settings(max_examples=200)
def test_facts_come_back_from_their_document(facts: DeviceFacts) -> None:
    assert facts_from_dict(json.loads(json.dumps(facts_to_dict(facts)))) == facts


@given(st.from_type(Evaluation))
@settings(max_examples=200)
def test_a_document_of_an_evaluation_has_every_field(evaluation: Evaluation) -> None:
    document = evaluation.as_dict()
    assert document == asdict(evaluation)
    assert json.dumps(document) == json.dumps(asdict(evaluation))


@given(st.from_type(Evaluation))
def test_every_interface_is_recommended_or_excluded(evaluation: Evaluation) -> None:
    decisions = [each.verdict for each in evaluation.interfaces]
    assert evaluation.uni_count == decisions.count(InterfaceDecision.RECOMMENDED)
    assert evaluation.excluded_count == decisions.count(InterfaceDecision.EXCLUDED)
