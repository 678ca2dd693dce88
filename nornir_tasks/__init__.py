"""Nornir tasks that discover and assign the roles of network devices; no Django needed.

Importing this package mends nornir-netconf: its tasks can be imported with the installed Nornir,
and its connection `netconf` is the hardened one, whether Nornir was initialised before or is
after.
"""

from nornir_tasks.cancel import CancelToken
from nornir_tasks.compat import restore_typing_names
from nornir_tasks.permit import StartPermit
from nornir_tasks.redaction import guard_foreign_logs
from nornir_tasks.runner import PrestageRunner
from nornir_tasks.sessions import install
from nornir_tasks.tasks import assign_role, discover_role, prestage

__all__ = [
    "CancelToken",
    "PrestageRunner",
    "StartPermit",
    "assign_role",
    "discover_role",
    "prestage",
]

restore_typing_names()
install()
guard_foreign_logs()
