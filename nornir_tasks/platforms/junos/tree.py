"""The systems of a configuration with their active statements, annotations kept apart.

Junos marks what is deactivated and what is annotated in two ways each (prestaging spec, section
5). One look takes that away, so that nothing behind it has to know.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, cast

from lxml import etree

from nornir_tasks.facts import Comment
from nornir_tasks.platforms.junos.columns import every, has_lost_prefix, without_prefixes
from nornir_tasks.platforms.junos.node import Node, System
from nornir_tasks.xml import local_name

__all__ = ["Tree", "build_tree"]

# Facts are made of these branches only; the rest of a configuration is not even looked at.
_BRANCHES: Final = frozenset(
    {"name", "interfaces", "protocols", "routing-options", "routing-instances"}
)
# What is inherited stays invisible below any of these while the device has not resolved it.
_INHERITING: Final = frozenset({"apply-groups", "interface-range"})
_JUNOS_NAMESPACE: Final = "{http://xml.juniper.net/junos/"
# The attributes that may deactivate their element, by value: their name can be one of several, and
# has a prefix in it where the prefix lost its declaration. Not `/..`, which takes quadratic time.
_MAYBE_INACTIVE: Final = etree.XPath("descendant::*/@*[. = 'inactive' or . = 'false']")


@dataclass(frozen=True, slots=True)
class Tree:
    """A configuration without what has no effect.

    Attributes:
        root: The main system; `logical-systems` below it are roots of their own.
        unresolved: Something that inherits is left in it, so it may say less than it does.
    """

    root: System
    unresolved: bool


class _Kind(Enum):
    ROOT = auto()
    LOGICAL_SYSTEM = auto()
    SYSTEM = auto()
    PLAIN = auto()


def build_tree(configuration: etree._Element) -> Tree:
    """Find the active statements that facts are made of.

    Linear in the size of the configuration; no recursion, so no depth is too deep.

    Args:
        configuration: The `configuration` element; it stays as it is.
    """
    root = System(configuration)
    pruned = _with_inactive(configuration)
    lost = has_lost_prefix(configuration)
    inherits = lost or _inherits(configuration)
    unresolved = False
    # A root that is itself deactivated says nothing.
    stack = [(configuration, root, _Kind.ROOT)] if _attributes(configuration)[0] else []
    while stack:
        element, system, kind = stack.pop()
        for child, comments in _statements(element):
            name = "" if child is None else local_name(child.tag)
            child_kind = _kind_below(kind, name)
            unresolved |= name in _INHERITING or name == "groups"
            if child_kind is not _Kind.LOGICAL_SYSTEM:
                system.comments += _annotations(name, comments)
            if child is None or child_kind is None:
                continue
            if child_kind is _Kind.PLAIN:
                branch = _without_inactive(child) if child in pruned else child
                branch = without_prefixes(branch) if lost else branch
                unresolved = unresolved or (inherits and _inherits(branch))
                system.nodes.setdefault(name, []).append(Node(branch))
                continue
            inner = System(child)
            system.nodes.setdefault(name, []).append(inner)
            stack.append((child, inner, child_kind))
            if child_kind is _Kind.LOGICAL_SYSTEM:
                # They speak of that logical system, not of the router around it.
                inner.comments += _annotations("", comments)
    return Tree(root, unresolved)


def _annotations(path: str, texts: Sequence[str]) -> Iterator[Comment]:
    return (Comment(path, text) for text in texts)


def _with_inactive(configuration: etree._Element) -> set[etree._Element]:
    """Return the elements that have something inactive below them."""
    found: set[etree._Element] = set()
    for element in _inactive(configuration):
        for ancestor in element.iterancestors():
            if ancestor in found:
                break
            found.add(ancestor)
    return found


def _without_inactive(branch: etree._Element) -> etree._Element:
    """Return a copy of an active branch without what is inactive in it."""
    copied = deepcopy(branch)
    for element in list(_inactive(copied)):
        parent = element.getparent()
        if parent is not None:  # it was not marked in two ways
            parent.remove(element)
    return copied


def _inactive(root: etree._Element) -> Iterator[etree._Element]:
    """Yield what is marked as inactive below an element."""
    for value in cast("Iterable[Any]", _MAYBE_INACTIVE(root)):
        element: etree._Element = value.getparent()
        if not _attributes(element)[0]:
            yield element


def _inherits(root: etree._Element) -> bool:
    """Return whether something below an element inherits."""
    return next(every(root, *_INHERITING), None) is not None


def _statements(
    element: etree._Element,
) -> Iterator[tuple[etree._Element | None, list[str]]]:
    """Yield the active statements below an element, each with the annotations before and on it.

    Annotations behind the last statement come with no element.
    """
    pending: list[str] = []
    for child in element:
        name = local_name(child.tag)
        if not name:
            continue
        active, annotation = _attributes(child)
        if not active:
            pending = []
        elif name == "comment" and _is_annotation(child):
            pending.append(_undelimited(child.text or ""))
        else:
            if annotation:
                pending.append(_undelimited(annotation))
            yield child, pending
            pending = []
    if pending:
        yield None, pending


def _kind_below(kind: _Kind, name: str) -> _Kind | None:
    """Return how to read a child; None when facts are made of nothing in it."""
    if kind is _Kind.SYSTEM:
        return _Kind.PLAIN if name == "host-name" else None
    if name == "logical-systems" and kind is _Kind.ROOT:
        return _Kind.LOGICAL_SYSTEM
    if name == "system":
        return _Kind.SYSTEM
    return _Kind.PLAIN if name in _BRANCHES else None


def _attributes(element: etree._Element) -> tuple[bool, str]:
    """Return whether the statement is active, and its annotation in YANG-compliant sessions."""
    active, annotation = True, ""
    for key, value in element.items():
        name = local_name(key)
        if (name == "inactive" and value == "inactive") or (name == "active" and value == "false"):
            active = False
        elif name == "comment":
            annotation = str(value)
    return active, annotation


def _is_annotation(element: etree._Element) -> bool:
    tag = str(element.tag)
    if tag.startswith((_JUNOS_NAMESPACE, "junos:")):
        return True
    return (element.text or "").lstrip().startswith(("/*", "#"))


def _undelimited(text: str) -> str:
    bare = text.strip()
    if bare.startswith("/*"):
        return bare.removeprefix("/*").removesuffix("*/").strip()
    return bare.removeprefix("#").strip()
