"""What can be done to a lab while it runs."""

import math
from collections.abc import Callable
from typing import Any

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.faults import FIXED_AT_START, check_fault
from nornir_tasks.lab.inventory import LabInventory
from nornir_tasks.lab.server import Lab
from nornir_tasks.lab.timing import Latency
from nornir_tasks.lab.tree import child_named, local_name, normalise, parse

__all__ = ["COMMANDS", "execute"]

MOST_MESSAGES = 10_000_000


def execute(lab: Lab, inventory: LabInventory, command: str, arguments: list[str]) -> Any:
    """Run one command.

    Args:
        lab: The running lab.
        inventory: Its files, which some commands rewrite.
        command: A name in `COMMANDS`.
        arguments: What follows the name; for `set-config` the XML text, not a file name.

    Returns:
        Plain values, ready for JSON.

    Raises:
        PrestageError: The command or an argument is wrong.
    """
    entry = COMMANDS.get(command)
    if entry is None:
        raise _bad(f"There is no command {command!r}; choose one of: {', '.join(COMMANDS)}.")
    usage, run = entry
    names = usage.split()
    if not sum(not name.startswith("[") for name in names) <= len(arguments) <= len(names):
        raise _bad(f"Use it as: {command} {usage}".rstrip())
    return run(lab, inventory, *arguments)


def _list(lab: Lab, _: LabInventory) -> list[dict[str, Any]]:
    return [_summary(lab, device.name) for device in lab.fleet]


def _show(lab: Lab, _: LabInventory, name: str) -> dict[str, Any]:
    device = lab.device(name)
    store = device.store
    return {
        **_summary(lab, name),
        "generated": store.generated,
        "commit_seconds": store.commit_seconds,
        "commit_user": store.commit_user,
        "notifies": device.notifies,
        "unconfirmed": store.rollback_to is not None,
        "locked_by": store.lock_owner,
        "truth": None if device.truth is None else device.truth.as_dict(),
        "statistics": device.statistics.as_dict(),
    }


def _set_kind(lab: Lab, inventory: LabInventory, name: str, kind: str) -> dict[str, Any]:
    device = lab.device(name)
    device.store.become(device.device.of_kind(kind), user=lab.options.commit_user)
    inventory.write_truth(lab, [device.device])
    return _show(lab, inventory, name)


def _commit(lab: Lab, inventory: LabInventory, name: str) -> dict[str, Any]:
    lab.device(name).store.touch(user=lab.options.commit_user)
    return _show(lab, inventory, name)


def _commit_confirmed(
    lab: Lab, inventory: LabInventory, name: str, kind: str, text: str
) -> dict[str, Any]:
    device = lab.device(name)
    seconds = _number(text, "The window is a number of seconds")
    if seconds <= 0:
        raise _bad("The window is longer than 0 seconds.")
    changed = device.device.of_kind(kind)
    device.store.become(changed, user=lab.options.commit_user, confirmed=True)
    device.expect_confirmation(seconds)
    inventory.write_truth(lab, [device.device])
    return _show(lab, inventory, name)


def _confirm(lab: Lab, inventory: LabInventory, name: str) -> dict[str, Any]:
    if lab.device(name).store.rollback_to is None:
        raise _bad(f"No commit on {name} waits for its confirmation.")
    return _commit(lab, inventory, name)


def _set_config(lab: Lab, inventory: LabInventory, name: str, text: str) -> dict[str, Any]:
    device = lab.device(name)
    try:
        document = parse(text.encode())
    except etree.XMLSyntaxError as error:
        raise _bad(f"The configuration is not well-formed XML: {error.msg}.") from None
    # A saved reply is as good as what is in it.
    for wrapped in ("data", "configuration"):
        inner = child_named(document, wrapped)
        if inner is not None and local_name(document) in {"rpc-reply", "data"}:
            document = inner
    if local_name(document) != "configuration":
        raise _bad(f"The configuration starts with {local_name(document)}, not configuration.")
    device.store.replace(normalise(document), user=lab.options.commit_user)
    inventory.write_truth(lab, [device.device])
    return _show(lab, inventory, name)


def _set_fault(lab: Lab, inventory: LabInventory, name: str, fault: str) -> dict[str, Any]:
    device = lab.device(name)
    wanted = None if fault == "none" else fault
    check_fault(wanted)
    fixed = FIXED_AT_START & {wanted, device.fault}
    if fixed and wanted != device.fault:
        raise _bad(
            f"The fault {''.join(fixed)} sits in the inventory's port, "
            "so it cannot come or go while the lab runs."
        )
    before, device.fault = device.fault, wanted
    if "unknown-host-key" in {wanted, before}:
        inventory.write_known_hosts(lab)
    inventory.write_truth(lab, [device.device])
    return _show(lab, inventory, name)


def _set_latency(lab: Lab, _: LabInventory, text: str) -> dict[str, float]:
    milliseconds = _number(text, "The latency is a number of milliseconds")
    lab.latency.milliseconds = Latency(milliseconds).milliseconds
    return {"latency_ms": lab.latency.milliseconds}


def _statistics(lab: Lab, _: LabInventory) -> dict[str, Any]:
    return lab.statistics()


def _storm(
    lab: Lab, _: LabInventory, count: str, per_second: str | None = None
) -> dict[str, float | None]:
    messages, rate = _size_of_storm(count, per_second)
    if lab.log is None:
        raise _bad("The lab sends no syslog; start it with --syslog.")
    lab.log.start_storm(lab.origins(), count=messages, per_second=rate)
    return {"messages": messages, "per_second": rate}


def _storm_notifications(
    lab: Lab, _: LabInventory, count: str, per_second: str | None = None
) -> dict[str, float | None]:
    messages, rate = _size_of_storm(count, per_second)
    if not lab.options.notifications:
        raise _bad("Nobody can subscribe to this lab; start it with --notifications.")
    lab.storm.start(count=messages, per_second=rate)
    subscriptions: int = lab.storm.statistics()["subscriptions_open"]
    return {"messages": messages, "per_second": rate, "subscriptions": subscriptions}


def _size_of_storm(count: str, per_second: str | None) -> tuple[int, float | None]:
    rate = None
    if per_second is not None:
        rate = _number(per_second, "The rate is a number of messages per second")
    messages = _number(count, "The storm is a number of messages")
    if not (1 <= messages <= MOST_MESSAGES and messages.is_integer()):
        raise _bad(f"A storm has 1 to {MOST_MESSAGES} messages, not {count!r}.")
    if rate is not None and rate <= 0:
        raise _bad("The rate is more than 0 messages per second.")
    return int(messages), rate


def _notifications(lab: Lab, _: LabInventory) -> dict[str, Any]:
    return lab.storm.statistics()


def _drop_subscriptions(lab: Lab, _: LabInventory) -> dict[str, int]:
    return {"dropped": lab.drop_subscriptions()}


def _summary(lab: Lab, name: str) -> dict[str, Any]:
    described = lab.fleet[name]
    address, port = lab.endpoint(described)
    return {
        "name": name,
        "kind": lab.kind_of(described),
        "address": address,
        "port": port,
        "fault": lab.fault_of(described),
    }


def _number(text: str, rule: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _bad(f"{rule}, not {text!r}.")
    return number


def _bad(text: str) -> PrestageError:
    return PrestageError(ErrorCode.INVENTORY, text)


COMMANDS: dict[str, tuple[str, Callable[..., Any]]] = {
    "list": ("", _list),
    "show": ("DEVICE", _show),
    "set-kind": ("DEVICE KIND", _set_kind),
    "set-config": ("DEVICE FILE", _set_config),
    "commit": ("DEVICE", _commit),
    "commit-confirmed": ("DEVICE KIND SECONDS", _commit_confirmed),
    "confirm": ("DEVICE", _confirm),
    "set-fault": ("DEVICE FAULT|none", _set_fault),
    "storm": ("COUNT [PER_SECOND]", _storm),
    "storm-notifications": ("COUNT [PER_SECOND]", _storm_notifications),
    "notifications": ("", _notifications),
    "drop-subscriptions": ("", _drop_subscriptions),
    "set-latency": ("MS", _set_latency),
    "statistics": ("", _statistics),
}
"""Name -> arguments for people, function."""
