"""A statement of a configuration, and the systems in it, by local names.

Junos puts the same statement into three styles of namespaces (prestaging spec, section 5). Nodes
take that away, so that nothing behind them has to know.
"""

from collections.abc import Mapping, Sequence

from lxml import etree

from nornir_tasks.facts import Comment
from nornir_tasks.xml import LOCAL_NAMES, children_of

__all__ = [
    "Node",
    "System",
    "element_key",
    "element_text",
    "find_below",
    "first_text",
    "key_among",
    "merged_systems",
]


class Node:
    """One active statement: its text, its key, what stands below it by name.

    It is a view of the reply's elements, which it does not copy: facts are made of a part of what
    devices send.

    Args:
        elements: The statement; several elements when it is stated in several places.
    """

    __slots__ = ("_children", "elements")

    def __init__(self, *elements: etree._Element) -> None:
        self.elements = elements
        self._children: dict[str, list[etree._Element]] | None = None

    @property
    def children(self) -> Mapping[str, Sequence[etree._Element]]:
        """Elements of the statements below it, by local name, in document order."""
        if self._children is None:
            children: dict[str, list[etree._Element]] = {}
            for element in self.elements:
                for child in children_of(element):
                    name = LOCAL_NAMES[child.tag]
                    if name in children:
                        children[name].append(child)
                    elif name:
                        children[name] = [child]
            self._children = children
        return self._children

    @property
    def text(self) -> str:
        """Its own text without surrounding white space."""
        return first_text(self.elements)

    @property
    def key(self) -> str:
        """What names this statement among its like: its `name`, else its own text."""
        return self.value("name") or self.text

    def find(self, first: str, *path: str) -> Sequence[etree._Element]:
        """Return the elements of every statement at `first/path` below this one."""
        found = self.children.get(first, ())
        return find_below(found, *path) if path else found

    def all(self, first: str, *path: str) -> Sequence["Node"]:
        """Return every statement at `first/path` below this one."""
        return [Node(element) for element in self.find(first, *path)]

    def has(self, first: str, *path: str) -> bool:
        """Return whether anything stands at `path`."""
        return bool(self.find(first, *path))

    def value(self, first: str, *path: str) -> str:
        """Return the first text that is not empty at `path`, or an empty string."""
        return first_text(self.find(first, *path))


class System(Node):
    """The root of the router or of a logical system, or its `system` statement.

    Only what facts are made of is seen below it.

    Args:
        elements: As for `Node`.

    Attributes:
        nodes: Statements below it, by name.
        comments: Annotations directly below it, with paths relative to it: rule R1 reads them.
    """

    __slots__ = ("comments", "nodes")

    def __init__(self, *elements: etree._Element) -> None:
        super().__init__(*elements)
        self.nodes: dict[str, list[Node]] = {}
        self.comments: list[Comment] = []

    @property
    def children(self) -> Mapping[str, Sequence[etree._Element]]:
        """Elements of the statements below it, by local name, in document order."""
        return {name: self.find(name) for name in self.nodes}

    def find(self, first: str, *path: str) -> Sequence[etree._Element]:
        """Return the elements of every statement at `first/path` below this one."""
        below = self.nodes.get(first, ())
        return [each for node in below for each in (node.find(*path) if path else node.elements)]

    def all(self, first: str, *path: str) -> Sequence[Node]:
        """Return every statement at `first/path` below this one."""
        return super().all(first, *path) if path else self.nodes.get(first, ())

    def systems(self, name: str) -> list["System"]:
        """Return the systems of this name directly below it."""
        return [node for node in self.nodes.get(name, ()) if isinstance(node, System)]


def element_text(element: etree._Element) -> str:
    """Return a statement's own text without surrounding white space."""
    text = element.text
    return text.strip() if text else ""


def element_key(element: etree._Element) -> str:
    """Return what names a statement among its like: its `name`, else its own text."""
    return key_among(children_of(element)) or element_text(element)


def key_among(statements: Sequence[etree._Element]) -> str:
    """Return the text of the first `name` among statements that has one, or an empty string."""
    for statement in statements:
        if LOCAL_NAMES[statement.tag] == "name" and (text := element_text(statement)):
            return text
    return ""


def find_below(elements: Sequence[etree._Element], *path: str) -> Sequence[etree._Element]:
    """Return the elements of every statement at `path` below one of these."""
    for step in path:
        elements = [
            child
            for each in elements
            for child in children_of(each)
            if LOCAL_NAMES[child.tag] == step
        ]
    return elements


def first_text(elements: Sequence[etree._Element]) -> str:
    """Return the first text that is not empty, or an empty one."""
    for element in elements:
        if text := element_text(element):
            return text
    return ""


def merged_systems(systems: Sequence[System]) -> System:
    """Return one system that holds what all of `systems` hold."""
    result = System(*(element for system in systems for element in system.elements))
    for system in systems:
        result.comments += system.comments
        for name, nodes in system.nodes.items():
            result.nodes.setdefault(name, []).extend(nodes)
    return result
