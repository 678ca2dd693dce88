"""Subtree filtering of a configuration (RFC 6241, section 6), by local names."""

from copy import deepcopy

from lxml import etree

from nornir_tasks.lab.tree import COMMENT, PREFIXES, attributes_of, local_name

__all__ = ["filter_configuration"]


def filter_configuration(
    configuration: etree._Element, wanted: etree._Element
) -> etree._Element | None:
    """Return what a filter selects, as a tree of its own.

    Keys (`name`) of list entries and annotations of selected statements are always included, as
    Junos does.

    Args:
        configuration: The `configuration` element.
        wanted: The filter's `configuration` element.

    Returns:
        The reduced tree, or None when nothing was selected.
    """
    return _select(configuration, wanted)


def _select(element: etree._Element, wanted: etree._Element) -> etree._Element | None:
    if not all(element.get(name) == value for name, value in wanted.attrib.items()):
        return None
    matches, selections = _split(wanted)
    if not all(_has_value(element, match) for match in matches):
        return None
    if not selections:
        # No child, or only conditions: the whole element (RFC 6241, 6.2.5).
        return deepcopy(element)
    copy = etree.Element(element.tag, attributes_of(element), nsmap=PREFIXES)
    copy.text, copy.tail = "\n", element.tail
    conditions = {local_name(match) for match in matches}
    found = _copy_children(element, copy, conditions, selections)
    return copy if found else None


def _copy_children(
    element: etree._Element,
    copy: etree._Element,
    conditions: set[str],
    selections: dict[str, list[etree._Element]],
) -> bool:
    found = False
    annotations: list[etree._Element] = []
    for child in element.iterchildren("*"):
        name = local_name(child)
        if child.tag == COMMENT:
            annotations.append(child)
            continue
        picked: etree._Element | None = None
        if name in selections:
            picked = _first_selected(child, selections[name])
            found = found or picked is not None
        elif name == "name" or name in conditions:
            picked = deepcopy(child)
            found = found or name in conditions
        if picked is not None:
            copy.extend(deepcopy(annotation) for annotation in annotations)
            copy.append(picked)
        annotations = []
    return found


def _first_selected(child: etree._Element, wanted: list[etree._Element]) -> etree._Element | None:
    selected = (_select(child, alternative) for alternative in wanted)
    return next((result for result in selected if result is not None), None)


def _split(
    wanted: etree._Element,
) -> tuple[list[etree._Element], dict[str, list[etree._Element]]]:
    """Separate content matches from selection and containment nodes, the latter by name."""
    matches: list[etree._Element] = []
    selections: dict[str, list[etree._Element]] = {}
    for child in wanted.iterchildren("*"):
        if len(child) == 0 and (child.text or "").strip():
            matches.append(child)
        else:
            selections.setdefault(local_name(child), []).append(child)
    return matches, selections


def _has_value(element: etree._Element, match: etree._Element) -> bool:
    expected = (match.text or "").strip()
    return any(
        (child.text or "").strip() == expected
        for child in element.iterchildren("*")
        if local_name(child) == local_name(match)
    )
