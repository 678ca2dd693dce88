"""The Nornir tasks: `discover_role`, `assign_role` and `prestage`."""

from nornir_tasks.tasks.assign import assign_role
from nornir_tasks.tasks.discover import discover_role
from nornir_tasks.tasks.prestage import prestage

__all__ = ["assign_role", "discover_role", "prestage"]
