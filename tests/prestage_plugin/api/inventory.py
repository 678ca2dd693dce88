"""The inventory of the world; settings of a site may import it."""

from pathlib import Path

__all__ = ["INVENTORY"]

INVENTORY = {
    "NORNIR_CONFIG": None,
    "NORNIR_OPTIONS": {
        "inventory": {
            "plugin": "SimpleInventory",
            "options": {"host_file": str(Path(__file__).with_name("hosts.yaml"))},
        },
        "logging": {"enabled": False},
    },
}
"""Settings with an inventory that has the routers of the world."""
