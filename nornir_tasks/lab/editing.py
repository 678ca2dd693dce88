"""The operations of edit-config (RFC 6241, section 7.2), at the granularity of named entries."""

from copy import deepcopy

from lxml import etree

from nornir_tasks.lab.messages import RpcError
from nornir_tasks.lab.tree import entry_name, local_name

__all__ = ["merge_configuration"]

OPERATIONS = frozenset({"merge", "replace", "create", "delete", "remove"})


def merge_configuration(
    target: etree._Element, change: etree._Element, default_operation: str
) -> None:
    """Apply a change to a configuration, in place.

    Args:
        target: The `configuration` element to change.
        change: The `configuration` element of the request, normalised; operations may stand in
            `operation` attributes.
        default_operation: `merge`, `replace` or `none`.

    Raises:
        RpcError: An operation is unknown, a statement to delete is missing, or one to create
            exists. The target may be half changed then.
    """
    if default_operation not in {"merge", "replace", "none"}:
        raise RpcError("invalid-value", f"unknown default-operation {default_operation}")
    _apply(target, change, default_operation)


def _apply(target: etree._Element, change: etree._Element, inherited: str) -> None:
    for child in change.iterchildren("*"):
        operation = child.get("operation", inherited)
        if operation not in OPERATIONS and operation != inherited:
            raise RpcError("invalid-value", f"unknown operation {operation}")
        existing = _find(target, child)
        if operation in {"delete", "remove"}:
            _delete(target, existing, child, must_exist=operation == "delete")
        elif operation == "create" and existing is not None:
            raise RpcError("data-exists", f"statement exists: {_label(child)}")
        elif existing is None:
            if operation != "none":
                target.append(_clean(child))
            elif len(child):
                raise RpcError("data-missing", f"statement not found: {_label(child)}")
        elif operation == "replace":
            target.replace(existing, _clean(child))
        else:
            _merge(existing, child, operation)


def _merge(existing: etree._Element, child: etree._Element, operation: str) -> None:
    if len(child) == 0 and operation != "none":
        existing.text = child.text
    if child.get("inactive") is not None:
        existing.set("inactive", "inactive")
    elif child.get("active") is not None:
        _drop(existing, "inactive")
    _apply(existing, child, operation)


def _delete(
    target: etree._Element,
    existing: etree._Element | None,
    child: etree._Element,
    *,
    must_exist: bool,
) -> None:
    if existing is not None:
        target.remove(existing)
    elif must_exist:
        raise RpcError("data-missing", f"statement not found: {_label(child)}")


def _find(target: etree._Element, child: etree._Element) -> etree._Element | None:
    name = entry_name(child)
    for candidate in target.iterchildren(child.tag):
        if entry_name(candidate) == name:
            return candidate
    return None


def _clean(element: etree._Element) -> etree._Element:
    """Return a copy without operations, and without what they delete."""
    copy = deepcopy(element)
    for descendant in list(copy.iter("*")):
        if _drop(descendant, "operation") in {"delete", "remove"}:
            parent = descendant.getparent()
            if parent is not None:
                parent.remove(descendant)
    return copy


def _drop(element: etree._Element, attribute: str) -> str | None:
    value = element.get(attribute)
    if value is not None:
        del element.attrib[attribute]
    return value


def _label(element: etree._Element) -> str:
    name = entry_name(element)
    return local_name(element) if name is None else f"{local_name(element)} {name}"
