"""The yardstick: what an engineer would write with Nornir and nornir-netconf alone.

It opens a session, asks for the same two replies as we do, applies rules by XPath and closes, with
Nornir's own runner. It must not import `nornir_tasks`, which would harden its connections. Run it
as `python -m tests.bench.script FOLDER THREADS`; it prints the number of devices by role as JSON.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from lxml import etree
from nornir.core import Nornir
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.state import GlobalState
from nornir.core.task import Result, Task
from nornir.plugins.inventory import SimpleInventory
from nornir.plugins.runners import ThreadedRunner
from nornir_netconf.plugins.connections import Netconf

CONFIGURATION = """\
<get-configuration database="committed" inherit="inherit"><configuration>
<system><host-name/></system><interfaces/><protocols/><routing-options/><routing-instances/>
<logical-systems/></configuration></get-configuration>"""
PORTS = "<get-interface-information><terse/></get-interface-information>"
RULES = {
    "loopback": "//interfaces/interface[name='lo0']/unit[name='0']/family/inet/address",
    "ebgp": "/*/configuration/protocols/bgp/group[type='external']",
    "ldp": "/*/configuration/protocols/ldp/interface[name='lo0.0' or name='all']",
    "l2vpn": "/*/configuration/protocols/bgp//family/l2vpn/signaling",
    "inet-vpn": "/*/configuration/protocols/bgp//family/inet-vpn/unicast",
    "core": "//interfaces/interface/unit[family/mpls]",
    "members": "//interfaces/interface[gigether-options/ieee-802.3ad]",
    "global": "//interfaces/interface/unit[family/inet or family/inet6 or family/iso]",
    "instances": "/*/configuration/routing-instances/instance/interface/name",
    "comment": "//comment[contains(., 'N-PE')]",
}


def discover(task: Task) -> Result:
    """Tell the role of one device."""
    manager = task.host.get_connection("netconf", task.nornir.config)
    try:
        configuration = manager.rpc(etree.fromstring(CONFIGURATION))
        ports = manager.rpc(etree.fromstring(PORTS))
    finally:
        task.host.close_connection("netconf")
    document = _plain(configuration)
    found = {rule: document.xpath(path) for rule, path in RULES.items()}
    names = _plain(ports).xpath("//physical-interface/name/text()")
    return Result(host=task.host, result={"role": _role(found), "ports": len(names)})


def _plain(reply: Any) -> Any:
    """Return the reply without namespaces; ncclient's Junos handler has done that already."""
    return etree.fromstring(str(reply).encode(), etree.XMLParser(huge_tree=True))


def _role(found: dict[str, Any]) -> str:
    if not found["loopback"]:
        return "UNKNOWN"
    if found["comment"]:
        return "N-PE"
    if found["ebgp"]:
        return "P"
    return "N-PE" if found["ldp"] or found["l2vpn"] or found["inet-vpn"] else "UNKNOWN"


def load(folder: Path) -> Nornir:
    """Return Nornir for an inventory, as `InitNornir` would in an environment without this project.

    `InitNornir` imports every plugin that is installed, ours included.
    """
    ConnectionPluginRegister.register("netconf", Netconf)
    inventory = SimpleInventory(
        host_file=str(folder / "hosts.yaml"),
        group_file=str(folder / "groups.yaml"),
        defaults_file=str(folder / "defaults.yaml"),
    ).load()
    # The script trusts the lab: ncclient cannot verify RSA host keys with today's paramiko.
    options = inventory.defaults.connection_options["netconf"]
    options.extras = {"hostkey_verify": False, "allow_agent": False, "look_for_keys": False}
    return Nornir(inventory=inventory, data=GlobalState())


def main() -> None:
    """Discover every device of an inventory."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    results = load(folder).with_runner(ThreadedRunner(threads)).run(discover)
    roles = Counter(
        "failed" if each.failed else each[0].result["role"] for each in results.values()
    )
    assert "nornir_tasks" not in sys.modules, "the yardstick must not use what it measures"
    sys.stdout.write(json.dumps(roles) + "\n")


if __name__ == "__main__":
    main()
