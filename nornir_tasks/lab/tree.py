"""Configurations as element trees without namespaces, which is how the lab keeps them."""

import re

from lxml import etree

from nornir_tasks.lab.messages import BASE_NAMESPACE, CONFIGURATION_NAMESPACE, JUNOS_NAMESPACE

__all__ = [
    "COMMENT",
    "PREFIXES",
    "attributes_of",
    "child_named",
    "entry_name",
    "is_active",
    "local_name",
    "normalise",
    "parse",
    "parse_content",
    "render",
]

PREFIXES = {"junos": JUNOS_NAMESPACE}
COMMENT = f"{{{JUNOS_NAMESPACE}}}comment"
_JUNOS_ATTRIBUTES = re.compile(r"http://xml\.juniper\.net/junos/[^/]+/junos$")
_START_TAG = re.compile(rb"^<configuration[^>]*?(/?)>")


def parse(data: bytes) -> etree._Element:
    """Parse a document without DTD, entities or network.

    Raises:
        lxml.etree.XMLSyntaxError: It is not well-formed.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)


def parse_content(content: str | bytes) -> etree._Element:
    """Parse what stands inside `<configuration>` and return that element."""
    inner = content.encode() if isinstance(content, str) else content
    start = f'<configuration xmlns:junos="{JUNOS_NAMESPACE}">'.encode()
    return parse(start + inner + b"</configuration>")


def render(configuration: etree._Element, attributes: str) -> bytes:
    """Return `<configuration>` as Junos prints it.

    Args:
        configuration: A tree as `parse_content` makes them.
        attributes: Text of the root's attributes; the prefix `junos` is bound outside.
    """
    text = etree.tostring(configuration, encoding="utf-8", with_tail=False)
    start = f'<configuration xmlns="{CONFIGURATION_NAMESPACE}" {attributes}>'.encode()
    match = _START_TAG.match(text)
    assert match is not None
    if match.group(1):
        return start + b"</configuration>\n"
    return start + text[match.end() :] + b"\n"


def normalise(element: etree._Element) -> etree._Element:
    """Return a copy as the lab keeps it, from any of the namespaces that Junos data comes in.

    Annotations stay, in the lab's own junos namespace; other attributes of that namespace,
    such as `junos:changed-seconds`, go, because the root's are made anew for each reply.
    """
    namespace = etree.QName(element).namespace or ""
    if _JUNOS_ATTRIBUTES.match(namespace) and local_name(element) == "comment":
        copy = etree.Element(COMMENT, nsmap=PREFIXES)
    else:
        copy = etree.Element(local_name(element), nsmap=PREFIXES)
    for name, value in element.attrib.items():
        qualified = etree.QName(name)
        if qualified.namespace == BASE_NAMESPACE:
            copy.set(qualified.localname, value)
        elif qualified.namespace is None or not _JUNOS_ATTRIBUTES.match(qualified.namespace):
            copy.set(name, value)
    copy.text, copy.tail = element.text, element.tail
    copy.extend(normalise(child) for child in element.iterchildren("*"))
    return copy


def attributes_of(element: etree._Element) -> dict[str, str]:
    """Return a copy of the element's attributes."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def local_name(element: etree._Element) -> str:
    """Return the element's name without its namespace."""
    return etree.QName(element).localname


def child_named(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child with this local name, in any namespace."""
    return next((child for child in element.iterchildren("*") if local_name(child) == name), None)


def entry_name(element: etree._Element) -> str | None:
    """Return the key of a list entry, None when the element is no list entry."""
    key = child_named(element, "name")
    return None if key is None else (key.text or "").strip()


def is_active(element: etree._Element) -> bool:
    """Tell whether the statement itself is not deactivated."""
    return element.get("inactive") is None
