"""Configuration groups, expanded the way `inherit="inherit"` shows them.

A group applies where `apply-groups` names it, at the same place in the hierarchy; names such as
`<xe-*>` in a group match entries that exist. What is set at a place wins over what is inherited,
inner `apply-groups` win over outer ones, and the first group named wins.
"""

from copy import deepcopy
from fnmatch import fnmatchcase

from lxml import etree

from nornir_tasks.lab.tree import (
    COMMENT,
    PREFIXES,
    attributes_of,
    entry_name,
    is_active,
    local_name,
)

__all__ = ["expand_groups"]


def expand_groups(configuration: etree._Element) -> etree._Element:
    """Return a copy with groups expanded and neither `groups` nor `apply-groups` in it."""
    expanded = deepcopy(configuration)
    groups = {
        entry_name(group): group for group in expanded.iterchildren("groups") if is_active(group)
    }
    if groups:
        for child in list(expanded.iterchildren("*")):
            if local_name(child) != "groups":
                _expand(child, list(groups.values()), groups)
        _apply(expanded, list(groups.values()), groups)
    for name in ("groups", "apply-groups"):
        for element in list(expanded.iter(name)):
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)
    return expanded


def _expand(
    element: etree._Element,
    places: list[etree._Element],
    groups: dict[str | None, etree._Element],
) -> None:
    """Expand `element` and all below it; `places` are its parent's counterparts in groups."""
    own = [match for place in places for match in _counterparts(place, element)]
    if not own:
        return
    for child in list(element.iterchildren("*")):
        _expand(child, own, groups)
    _apply(element, own, groups)


def _apply(
    element: etree._Element,
    places: list[etree._Element],
    groups: dict[str | None, etree._Element],
) -> None:
    for statement in list(element.iterchildren("apply-groups")):
        group = groups.get((statement.text or "").strip())
        if group is None or not is_active(statement):
            continue
        for place in places:
            if place is group or group in place.iterancestors():
                _merge(element, place)


def _counterparts(place: etree._Element, element: etree._Element) -> list[etree._Element]:
    name = entry_name(element)
    return [
        candidate
        for candidate in place.iterchildren(element.tag)
        if is_active(candidate) and _names_match(entry_name(candidate), name)
    ]


def _names_match(pattern: str | None, name: str | None) -> bool:
    if pattern is None or name is None or not _is_wildcard(pattern):
        return pattern == name
    return fnmatchcase(name, pattern[1:-1])


def _is_wildcard(name: str) -> bool:
    return name.startswith("<") and name.endswith(">")


def _merge(target: etree._Element, source: etree._Element) -> None:
    for child in source.iterchildren("*"):
        key = entry_name(child)
        existing = [
            candidate
            for candidate in target.iterchildren(child.tag)
            if _names_match(key, entry_name(candidate))
        ]
        if child.tag == COMMENT or not is_active(child) or local_name(child) == "name":
            continue
        for candidate in existing:
            _merge(candidate, child)
        if not existing and not (key is not None and _is_wildcard(key)):
            target.append(_inherited(child))


def _inherited(source: etree._Element) -> etree._Element:
    copy = etree.Element(source.tag, attributes_of(source), nsmap=PREFIXES)
    copy.text, copy.tail = source.text, source.tail
    copy.extend(deepcopy(key) for key in source.iterchildren("name"))
    _merge(copy, source)
    return copy
