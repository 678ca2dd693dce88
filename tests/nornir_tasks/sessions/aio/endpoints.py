"""Endpoints of simulated devices."""

from nornir_tasks.inventory import load_nornir
from nornir_tasks.lab import LabProcess
from nornir_tasks.sessions.aio import Endpoint


def endpoints(lab: LabProcess) -> dict[str, Endpoint]:
    """Return the endpoint of each of a lab's devices."""
    hosts = load_nornir(lab.inventory_directory).inventory.hosts
    return {name: Endpoint.of(host) for name, host in hosts.items()}
