"""The requests that a simulated router understands, and its answers to them."""

from collections.abc import Callable

from lxml import etree

from nornir_tasks.lab.counters import SUBSCRIBE
from nornir_tasks.lab.device import RunningDevice
from nornir_tasks.lab.events import Caller
from nornir_tasks.lab.inheritance import expand_groups
from nornir_tasks.lab.messages import OK, RpcError
from nornir_tasks.lab.operational import interface_information, system_information
from nornir_tasks.lab.subtree import filter_configuration
from nornir_tasks.lab.tree import child_named, local_name, normalise, render

__all__ = ["READS", "answer"]

READS = frozenset({"get", "get-config", "get-configuration"})
"""Requests that read the configuration."""

CONFIRM_TIMEOUT = 600
"""Seconds (RFC 6241, section 8.4.5)."""


def answer(device: RunningDevice, caller: Caller, operation: etree._Element | None) -> bytes:
    """Return the content of the rpc-reply to one request.

    Args:
        device: The device that was asked.
        caller: The session that asks.
        operation: The element inside `<rpc>`; None when it is empty.

    Raises:
        RpcError: The request is answered with an error.
    """
    if operation is None:
        raise RpcError("missing-element", "the rpc is empty")
    name = local_name(operation)
    handler = HANDLERS.get(name)
    if handler is None or (name == SUBSCRIBE and not device.notifies):
        raise RpcError(
            "operation-not-supported",
            "syntax error",
            info=f"<bad-element>{name}</bad-element>\n",
        )
    return handler(device, caller, operation)


def _get_config(device: RunningDevice, _: Caller, operation: etree._Element) -> bytes:
    candidate = _datastore(operation, "source", default="running") == "candidate"
    wanted = child_named(operation, "filter")
    if wanted is not None and wanted.get("type", "subtree") != "subtree":
        raise RpcError("operation-not-supported", "only subtree filters are supported")
    body = _cached(
        device, operation, lambda: _read(device, wanted, candidate=candidate), candidate=candidate
    )
    return b"<data>\n" + body + b"</data>\n"


def _get_configuration(device: RunningDevice, _: Caller, operation: etree._Element) -> bytes:
    if operation.get("format", "xml") != "xml":
        raise RpcError("operation-not-supported", "only format xml is supported")
    database = operation.get("database", "candidate")
    if database not in {"candidate", "committed"}:
        raise RpcError("invalid-value", f"unknown database {database}")
    candidate = database == "candidate"
    inherit = operation.get("inherit") in {"inherit", "defaults"}
    wanted = operation if child_named(operation, "configuration") is not None else None
    return _cached(
        device,
        operation,
        lambda: _read(device, wanted, candidate=candidate, inherit=inherit, always_root=True),
        candidate=candidate,
    )


def _read(
    device: RunningDevice,
    wanted: etree._Element | None,
    *,
    candidate: bool,
    inherit: bool = False,
    always_root: bool = False,
) -> bytes:
    store = device.store
    tree: etree._Element | None = store.candidate() if candidate else store.committed()
    assert tree is not None
    if inherit:
        tree = expand_groups(tree)
    if wanted is not None:
        selector = child_named(wanted, "configuration")
        empty = etree.Element("configuration") if always_root else None
        selected = None if selector is None else filter_configuration(tree, selector)
        tree = empty if selected is None else selected
    if tree is None:
        return b""
    return render(tree, store.attributes(candidate=candidate))


def _cached(
    device: RunningDevice,
    operation: etree._Element,
    make: Callable[[], bytes],
    *,
    candidate: bool,
) -> bytes:
    if candidate and device.store.modified:
        return make()
    key = (device.device.name, device.store.version, etree.tostring(operation))
    return device.cache.get(key, make)


def _get_interface_information(device: RunningDevice, _: Caller, __: etree._Element) -> bytes:
    ports = device.device.blueprint().ports
    return interface_information(expand_groups(device.store.committed()), ports).encode()


def _get_system_information(device: RunningDevice, _: Caller, __: etree._Element) -> bytes:
    return system_information(device.device.name).encode()


def _lock(device: RunningDevice, caller: Caller, operation: etree._Element) -> bytes:
    _datastore(operation, "target")
    device.store.lock(caller.session_id)
    return OK.encode()


def _unlock(device: RunningDevice, caller: Caller, operation: etree._Element) -> bytes:
    _datastore(operation, "target")
    device.store.unlock(caller.session_id)
    return OK.encode()


def _edit_config(device: RunningDevice, caller: Caller, operation: etree._Element) -> bytes:
    if _datastore(operation, "target") != "candidate":
        raise RpcError("operation-not-supported", "only the candidate can be edited")
    config = child_named(operation, "config")
    change = None if config is None else child_named(config, "configuration")
    if change is None:
        raise RpcError("missing-element", "config/configuration is missing")
    default = _text(operation, "default-operation") or "merge"
    device.store.edit(normalise(change), default, caller.session_id)
    return OK.encode()


def _validate(_: RunningDevice, __: Caller, operation: etree._Element) -> bytes:
    _datastore(operation, "source")
    return OK.encode()


def _discard(device: RunningDevice, caller: Caller, _: etree._Element) -> bytes:
    device.store.discard(caller.session_id)
    return OK.encode()


def _commit(device: RunningDevice, caller: Caller, operation: etree._Element) -> bytes:
    """RFC 6241, sections 8.3.4.1 and 8.4.5: the confirm-timeout counts seconds."""
    return _do_commit(device, caller, operation, seconds_per_unit=1)


def _commit_configuration(
    device: RunningDevice, caller: Caller, operation: etree._Element
) -> bytes:
    """Junos' own form: the confirm-timeout counts minutes, `log` is the comment."""
    if child_named(operation, "check") is not None:
        return OK.encode()
    return _do_commit(device, caller, operation, seconds_per_unit=60)


def _do_commit(
    device: RunningDevice, caller: Caller, operation: etree._Element, *, seconds_per_unit: int
) -> bytes:
    confirmed = child_named(operation, "confirmed") is not None
    text = _text(operation, "confirm-timeout")
    if text and not text.isdigit():
        raise RpcError("invalid-value", "confirm-timeout is no number")
    device.store.commit(
        caller=caller,
        comment=_text(operation, "log"),
        confirmed=confirmed,
    )
    if confirmed:
        device.expect_confirmation(int(text) * seconds_per_unit if text else CONFIRM_TIMEOUT)
    return OK.encode()


def _kill_session(device: RunningDevice, caller: Caller, operation: etree._Element) -> bytes:
    text = _text(operation, "session-id")
    victim = device.sessions.get(int(text)) if text.isdigit() else None
    if victim is None or int(text) == caller.session_id:
        raise RpcError("invalid-value", f"no other session {text}")
    victim.kill(by=caller.session_id)
    return OK.encode()


def _create_subscription(device: RunningDevice, caller: Caller, operation: etree._Element) -> bytes:
    device.subscribe(caller, operation)
    return OK.encode()


def _close_session(_: RunningDevice, __: Caller, ___: etree._Element) -> bytes:
    return OK.encode()


def _datastore(operation: etree._Element, role: str, default: str | None = None) -> str:
    """Return the datastore that `<source>` or `<target>` names: `running` or `candidate`."""
    element = child_named(operation, role)
    if element is None:
        if default is not None:
            return default
        raise RpcError("missing-element", f"{role} is missing")
    named = [local_name(child) for child in element.iterchildren("*")]
    if len(named) != 1 or named[0] not in {"running", "candidate"}:
        raise RpcError("operation-not-supported", f"{role} must be running or candidate")
    return named[0]


def _text(operation: etree._Element, name: str) -> str:
    element = child_named(operation, name)
    return "" if element is None else (element.text or "").strip()


HANDLERS: dict[str, Callable[[RunningDevice, Caller, etree._Element], bytes]] = {
    "get": _get_config,
    "get-config": _get_config,
    "get-configuration": _get_configuration,
    "get-interface-information": _get_interface_information,
    "get-system-information": _get_system_information,
    "lock": _lock,
    "unlock": _unlock,
    "edit-config": _edit_config,
    "validate": _validate,
    "discard-changes": _discard,
    "commit": _commit,
    "commit-configuration": _commit_configuration,
    SUBSCRIBE: _create_subscription,
    "kill-session": _kill_session,
    "close-session": _close_session,
}
