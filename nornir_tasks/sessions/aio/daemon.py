"""Have something done in a thread while the event loop goes on."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["in_daemon"]

_T = TypeVar("_T")


async def in_daemon(work: Callable[[], _T], *, name: str) -> _T:
    """Run a function in a thread of its own and return what it returns.

    The thread keeps no process alive. When it does not end it holds up nobody but the caller; a
    pool of threads would soon be full of those that hang.

    Args:
        work: Runs in the caller's context.
        name: Of the thread.

    Raises:
        Exception: Whatever `work` raises.
    """
    answer: Future[_T] = Future()
    answer.set_running_or_notify_cancel()  # from now on nobody but the thread ends it
    context = contextvars.copy_context()

    def run() -> None:
        try:
            answer.set_result(context.run(work))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the answer knows it
            answer.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await asyncio.wrap_future(answer)
