"""Devices as a job leaves them: with the facts of a configuration, and what the rules say of it."""

from typing import Any

from nornir_tasks.evaluation import compact_document
from nornir_tasks.facts import facts_to_dict
from nornir_tasks.rules import evaluate
from prestage_plugin.models import Device, DeviceEvaluation
from tests.nornir_tasks.configurations import device as configuration_of
from tests.nornir_tasks.configurations import facts_of, port

_VPN = "<group><name>RR</name><family><inet-vpn><unicast/></inet-vpn></family></group>"
_PEERS = "<group><name>PEERS</name><type>external</type></group>"
L3 = f"<bgp>{_VPN}</bgp>"
"""Of an N-PE that carries layer 3 services, and no other."""
BORDER = f"<bgp>{_VPN}{_PEERS}</bgp>"
"""Of a P router by the rules of `csd`, and of an N-PE by those of `extended`."""


def store(name: str, protocols: str, **values: Any) -> Device:
    """Make a device with a loopback, a port and these protocols, judged by the default rules."""
    [facts] = facts_of(configuration_of(interfaces=port("ge-0/0/1"), protocols=protocols))
    found = evaluate(facts)
    device = Device.objects.create(
        **{
            "name": name,
            "platform": "junos",
            "recommended_role": found.role,
            "reason": found.reason,
            "loopback": found.loopback,
            "capabilities": list(found.capabilities),
            "flags": list(found.flags),
            "uni_count": found.uni_count,
            "excluded_count": found.excluded_count,
        }
        | values
    )
    DeviceEvaluation.objects.create(
        device=device, result=compact_document(found), facts=facts_to_dict(facts)
    )
    return device
