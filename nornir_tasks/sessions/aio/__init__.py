"""The engine on asyncssh: NETCONF sessions as coroutines of one event loop.

`NetconfSession` is the session itself, for code that runs on an event loop. `AsyncsshSession` is
the `DeviceSession` over it, for threads: they wait, the loop of `event_loop` works.
"""

from nornir_tasks.sessions.aio.blocking import AsyncsshSession
from nornir_tasks.sessions.aio.endpoint import Endpoint
from nornir_tasks.sessions.aio.session import NetconfSession

__all__ = ["AsyncsshSession", "Endpoint", "NetconfSession"]
