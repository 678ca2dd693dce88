"""Bodies as NetBox and Nautobot send them, cut down to what a reader could look at.

Their forms: NetBox's and Nautobot's documentation of webhooks and REST API representations, for
NetBox up to 4.x (`model`), newer NetBox (`object_type`, `request`) and Nautobot (UUIDs,
`differences`).
"""

import itertools
import time
import uuid
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "address_data",
    "device_data",
    "generic",
    "interface_data",
    "nautobot",
    "netbox",
    "newer_netbox",
    "old_netbox",
]

_numbers = itertools.count(1)


def netbox(model: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A body of NetBox as it is documented."""
    return {
        "event": "updated",
        "timestamp": str(datetime.now(UTC)),
        "model": model,
        "username": "alice",
        "request_id": str(uuid.uuid4()),
        "data": data,
        "snapshots": {
            "prechange": {"status": "staged", "custom_fields": {}, "tags": []},
            "postchange": {"status": "active", "custom_fields": {}, "tags": []},
        },
    } | changes


def newer_netbox(model: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A body of the newest NetBox."""
    app = "ipam" if model == "ipaddress" else "dcim"
    body = netbox(model, data, timestamp=datetime.now(UTC).isoformat())
    del body["model"], body["username"], body["request_id"]
    request = {
        "id": str(uuid.uuid4()),
        "path": "/dcim/devices/42/edit/",
        "path_info": "/dcim/devices/42/edit/",
        "method": "POST",
        "GET": {},
        "user": "alice",
    }
    return body | {"object_type": f"{app}.{model}", "request": request} | changes


def old_netbox(model: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A body of NetBox 2: no zone, no snapshots."""
    body = netbox(model, data, timestamp=str(datetime.now(UTC).replace(tzinfo=None)))
    del body["snapshots"]
    return body | changes


def nautobot(model: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A body of Nautobot: UUIDs, the status as an object, and what differs."""
    identity = {
        "id": str(uuid.uuid4()),
        "object_type": f"dcim.{model}",
        "status": {"id": str(uuid.uuid4()), "display": "Active", "name": "Active"},
    }
    after = data | identity
    before = after | {"status": {"id": str(uuid.uuid4()), "name": "Planned"}}
    return {
        "event": "updated",
        "timestamp": str(datetime.now(UTC)),
        "model": model,
        "username": "alice",
        "request_id": str(uuid.uuid4()),
        "data": after,
        "snapshots": {
            "prechange": before,
            "postchange": after,
            "differences": {
                "removed": {"status": before["status"]},
                "added": {"status": after["status"]},
            },
        },
    } | changes


def generic(*devices: Any, **changes: Any) -> dict[str, Any]:
    """A body of our own form."""
    return {
        "id": str(next(_numbers)),
        "timestamp": int(time.time()),
        "devices": list(devices),
        "user": "deployer",
        "detail": "deployed 1.2.3",
    } | changes


def device_data(name: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": 42,
        "url": "/api/dcim/devices/42/",
        "display": name or "MX204 (A1)",
        "name": name,
        "role": {"id": 3, "name": "PE", "slug": "pe"},
        "platform": {"id": 1, "name": "Junos", "slug": "junos"},
        "primary_ip4": None,
        "custom_fields": {},
    } | changes


def interface_data(device: str, name: str = "ge-0/0/1") -> dict[str, Any]:
    return {
        "id": 7,
        "url": "/api/dcim/interfaces/7/",
        "display": name,
        "device": {"id": 42, "url": "/api/dcim/devices/42/", "display": device, "name": device},
        "name": name,
        "enabled": True,
    }


def address_data(address: str, assigned_object: Any = None) -> dict[str, Any]:
    kind = "dcim.interface" if assigned_object else None
    return {
        "id": 9,
        "url": "/api/ipam/ip-addresses/9/",
        "display": address,
        "family": {"value": 4, "label": "IPv4"},
        "address": address,
        "assigned_object_type": kind,
        "assigned_object_id": 7 if assigned_object else None,
        "assigned_object": assigned_object,
    }
