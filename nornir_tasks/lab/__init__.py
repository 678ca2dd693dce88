"""A fleet of simulated Junos routers: real NETCONF over real SSH, on loopback.

`Lab` is the server, `LabProcess` runs one in a process
of its own, `Fleet` says which routers there are and what is true about them.
"""

from nornir_tasks.lab.events import CommitEvent
from nornir_tasks.lab.faults import FAULTS
from nornir_tasks.lab.fleet import Fleet, SimulatedDevice
from nornir_tasks.lab.inventory import LabInventory
from nornir_tasks.lab.kinds import CATALOG
from nornir_tasks.lab.options import LabOptions
from nornir_tasks.lab.process import LabProcess
from nornir_tasks.lab.server import Lab
from nornir_tasks.lab.truth import Truth

__all__ = [
    "CATALOG",
    "FAULTS",
    "CommitEvent",
    "Fleet",
    "Lab",
    "LabInventory",
    "LabOptions",
    "LabProcess",
    "SimulatedDevice",
    "Truth",
]
