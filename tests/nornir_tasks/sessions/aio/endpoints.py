"""Endpoints of simulated devices."""

from typing import Any

from nornir_tasks.inventory import load_nornir
from nornir_tasks.lab import LabProcess
from nornir_tasks.sessions.aio import Endpoint


def endpoints(lab: LabProcess, **extras: Any) -> dict[str, Endpoint]:
    """Return the endpoint of each of a lab's devices."""
    found = {}
    for name, host in load_nornir(lab.inventory_directory).inventory.hosts.items():
        parameters = host.get_connection_parameters("netconf")
        found[name] = Endpoint.prepare(
            hostname=parameters.hostname,
            port=parameters.port,
            username=parameters.username,
            password=parameters.password,
            extras={**(parameters.extras or {}), **extras},
        )
    return found
