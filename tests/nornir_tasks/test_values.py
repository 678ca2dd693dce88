"""What is left of a frozen dataclass when only the type checker guards it."""

from dataclasses import asdict, replace

from nornir_tasks.facts import Evidence, UnitFacts


def test_values_are_equal_and_hash_by_their_fields() -> None:
    assert Evidence("a", "b") == Evidence("a", "b") != Evidence("a")
    assert len({Evidence("a"), Evidence("a"), Evidence("b")}) == 2


def test_values_can_be_copied_with_changes_and_turned_into_dicts() -> None:
    assert replace(UnitFacts("0"), disabled=True) == UnitFacts("0", disabled=True)
    assert asdict(Evidence("a")) == {"path": "a", "value": ""}


def test_values_have_no_other_attributes() -> None:
    assert not hasattr(Evidence("a"), "__dict__")


def test_the_type_checker_refuses_to_change_a_value() -> None:
    """Without the error, `mypy` reports the comment as unused."""
    evidence = Evidence("a")
    evidence.path = "b"  # type: ignore[misc]
