"""Sample configurations of the rules, laid out for people."""

from functools import cache

from lxml import etree

from nornir_tasks.rules import RULES

__all__ = ["indented_sample"]


@cache
def indented_sample(rule_id: str) -> str:
    """Return the configuration that a rule matches, one element a line; empty for no rule.

    Args:
        rule_id: E.g. `R2`.
    """
    for rule in RULES:
        if rule.id == rule_id:
            root = etree.fromstring(rule.sample)
            etree.indent(root)
            return etree.tostring(root, encoding="unicode")
    return ""
