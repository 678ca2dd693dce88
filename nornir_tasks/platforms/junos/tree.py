"""A configuration as plain nodes: local names, active statements only, annotations kept apart.

Junos puts the same statement into three styles of namespaces and marks what is deactivated and
annotated in two ways each (prestaging spec, section 5). One walk takes all that away, so that
nothing behind it has to know.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from lxml import etree

from nornir_tasks.facts import Comment
from nornir_tasks.xml import local_name

__all__ = ["Node", "Tree", "build_tree", "merged"]

# Facts are made of these branches only; the rest of a configuration is not even copied.
_BRANCHES: Final = frozenset(
    {"name", "interfaces", "protocols", "routing-options", "routing-instances"}
)
# What is inherited stays invisible below any of these while the device has not resolved it.
_INHERITING: Final = frozenset({"apply-groups", "interface-range"})
_JUNOS_NAMESPACE: Final = "{http://xml.juniper.net/junos/"


class Node:
    """One active statement: its local name, its text, its children by name.

    Attributes:
        name: Local name.
        text: Its own text without surrounding white space.
        children: Statements below it, by local name, in document order.
        comments: Annotations directly below it, with paths relative to it; collected only where
            rule R1 looks: in a system's root and its `system` statement.
    """

    __slots__ = ("children", "comments", "name", "text")

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.text = text
        self.children: dict[str, list[Node]] = {}
        self.comments: tuple[Comment, ...] = ()

    def all(self, first: str, *path: str) -> Sequence["Node"]:
        """Return every node at `first/path` below this one."""
        level: Sequence[Node] = self.children.get(first, ())
        for step in path:
            level = [child for node in level for child in node.children.get(step, ())]
        return level

    def has(self, first: str, *path: str) -> bool:
        """Return whether anything stands at `path`."""
        return bool(self.all(first, *path))

    def value(self, first: str, *path: str) -> str:
        """Return the first text that is not empty at `path`, or an empty string."""
        for node in self.all(first, *path):
            if node.text:
                return node.text
        return ""

    @property
    def key(self) -> str:
        """What names this statement among its like: its `name`, else its own text."""
        return self.value("name") or self.text


@dataclass(frozen=True, slots=True)
class Tree:
    """A configuration without what has no effect.

    Attributes:
        root: The main system; `logical-systems` below it are roots of their own.
        unresolved: Something that inherits is left in it, so it may say less than it does.
    """

    root: Node
    unresolved: bool


class _Kind(Enum):
    ROOT = auto()
    LOGICAL_SYSTEM = auto()
    SYSTEM = auto()
    PLAIN = auto()


def merged(nodes: list[Node]) -> Node:
    """Return one node that holds what all of `nodes` hold (at least one)."""
    if len(nodes) == 1:
        return nodes[0]
    result = Node(nodes[0].name, next((node.text for node in nodes if node.text), ""))
    for node in nodes:
        result.comments += node.comments
        for name, children in node.children.items():
            result.children.setdefault(name, []).extend(children)
    return result


def build_tree(configuration: etree._Element) -> Tree:
    """Copy the active statements that facts are made of.

    Linear in the size of the configuration; no recursion, so no depth is too deep.

    Args:
        configuration: The `configuration` element.
    """
    root = Node("configuration")
    unresolved = False
    # A root that is itself deactivated says nothing.
    stack = [(configuration, root, _Kind.ROOT)] if _attributes(configuration)[0] else []
    while stack:
        element, node, kind = stack.pop()
        for child, child_node, comments in _statements(element):
            name = child_node.name
            child_kind = _kind_below(kind, name)
            unresolved |= name in _INHERITING or name == "groups"
            if comments:
                _annotate(node, child_node, child_kind, comments)
            if child_kind is None or child is None:
                continue
            node.children.setdefault(name, []).append(child_node)
            if child_kind is _Kind.PLAIN:
                unresolved |= _copy(child, child_node)
            else:
                stack.append((child, child_node, child_kind))
    return Tree(root, unresolved)


def _copy(source: etree._Element, target: Node) -> bool:
    """Copy a branch in which no annotation counts; return whether something in it inherits.

    This is where the time goes: hence one loop and no calls for what most elements are.
    """
    inherits = False
    stack = [(source, target)]
    while stack:
        element, node = stack.pop()
        children = node.children
        for child in element:
            name = local_name(child.tag)
            if not name or (child.items() and not _attributes(child)[0]):
                continue
            if name in _INHERITING:
                inherits = True
            text = child.text
            copied = Node(name, text.strip() if text else "")
            if name in children:
                children[name].append(copied)
            else:
                children[name] = [copied]
            if len(child):
                stack.append((child, copied))
    return inherits


def _statements(
    element: etree._Element,
) -> Iterator[tuple[etree._Element | None, Node, list[str]]]:
    """Yield the active statements below an element, each with the annotations before and on it.

    Annotations behind the last statement come with an empty node and no element.
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
            yield child, Node(name, (child.text or "").strip()), pending
            pending = []
    if pending:
        yield None, Node(""), pending


def _annotate(node: Node, child: Node, child_kind: _Kind | None, comments: list[str]) -> None:
    if child_kind is _Kind.LOGICAL_SYSTEM:
        # It speaks of that logical system, not of the router around it.
        child.comments += tuple(Comment("", text) for text in comments)
    else:
        node.comments += tuple(Comment(child.name, text) for text in comments)


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
