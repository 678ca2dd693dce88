"""Read a branch of a configuration by columns: all elements of one name, wherever they stand.

lxml finds the elements of one name by itself, forty times as fast as Python asks each element for
its name; then the parent tells what an element belongs to. A branch has few names that matter and
hundreds of elements, so facts are read that way where devices have many of a kind.
"""

from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from nornir_tasks.platforms.junos.node import element_text
from nornir_tasks.xml import local_name

__all__ = ["Keys", "every", "has_lost_prefix", "keys_of", "without_prefixes"]


class Keys(dict[etree._Element, str]):  # noqa: SLF001 - the stubs' name
    """What names each statement of a branch among its like: its `name`, else its own text."""

    def __missing__(self, element: etree._Element) -> str:
        return element_text(element)


def every(branch: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the elements of these local names in a branch, in document order."""
    return branch.iter(*[f"{{*}}{name}" for name in names])


def keys_of(branch: etree._Element) -> Keys:
    """Return the keys of all statements of a branch."""
    keys = Keys()
    for element in branch.iter("{*}name"):
        parent, text = element.getparent(), element.text
        if parent is not None and parent not in keys and text and (text := text.strip()):
            keys[parent] = text
    return keys


def has_lost_prefix(element: etree._Element) -> bool:
    """Return whether a name in it has a prefix without a declaration, which hides it from lxml."""
    # Such a name is in no namespace.
    return any(":" in each.tag for each in element.iter("{}*"))


def without_prefixes(element: etree._Element) -> etree._Element:
    """Return a copy in which each name has lost the prefix, too, whose declaration it lost."""
    copied = deepcopy(element)
    for each in list(copied.iter("{}*")):
        each.tag = local_name(each.tag)
    return copied
