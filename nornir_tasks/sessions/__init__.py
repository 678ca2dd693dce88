"""NETCONF sessions with devices: opened by `open_session`, spoken to through `DeviceSession`."""

from nornir_tasks.reply import Reply
from nornir_tasks.sessions.base import DeviceSession
from nornir_tasks.sessions.connection import HardenedNetconf, install
from nornir_tasks.sessions.failures import Phase, classify_failure
from nornir_tasks.sessions.opening import open_session

__all__ = [
    "DeviceSession",
    "HardenedNetconf",
    "Phase",
    "Reply",
    "classify_failure",
    "install",
    "open_session",
]
