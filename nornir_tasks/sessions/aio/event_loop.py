"""The one event loop of this process, in a thread of its own.

A forked child inherits the loop's objects but not its thread, and shares the kernel's side of its
selector with the parent. So a child leaves the inherited loop alone and starts one of its own.
"""

import asyncio
import concurrent.futures
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

__all__ = ["EventLoopThread", "event_loop", "retire"]

_STOP_SECONDS = 2.0

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


class EventLoopThread:
    """An event loop that runs in a daemon thread until `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_report)
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._work, name="prestage-event-loop", daemon=True)
        self._thread.start()

    @property
    def usable(self) -> bool:
        """Whether the loop runs, and in this process."""
        return self._process == os.getpid() and self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine on the loop and wait for its result in the calling thread.

        When the wait is interrupted, by Ctrl-C or a signal handler that raises, the coroutine is
        cancelled.

        Args:
            work: What to run; it is closed when it cannot be run.

        Raises:
            RuntimeError: The loop does not run in this process, or is the caller's own.
            concurrent.futures.CancelledError: The loop ended meanwhile.
        """
        if not self.usable or threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("The event loop of this session does not run here.")
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # it has been closed since
            work.close()
            raise
        return _wait(future)

    def call(self, function: Callable[[], object]) -> None:
        """Have a function called on the loop soon; never blocks, never raises."""
        if self.usable:
            with suppress(RuntimeError):  # the loop has been closed since
                self._loop.call_soon_threadsafe(function)

    def responds(self, seconds: float) -> bool:
        """Tell whether the loop gets round to anything; not to be called on it.

        Args:
            seconds: How long it may take.
        """
        looked = threading.Event()
        self.call(looked.set)
        return looked.wait(seconds) if self.usable else False

    def stop(self) -> None:
        """End the loop and everything on it, within two seconds; may be called twice."""
        self.call(self._loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(_cancel_everything())
            self._loop.close()


def event_loop() -> EventLoopThread:
    """Return this process's event loop; started with the first call."""
    with _state.lock:
        if _state.current is None or not _state.current.usable:
            _state.current = EventLoopThread()
        return _state.current


def retire(loop: EventLoopThread) -> None:
    """Use this loop no more, because something on it does not end."""
    with _state.lock:
        if _state.current is loop:
            _state.forget()


class _State:
    """What `event_loop` remembers; loops that are not used any more so that nothing closes them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.current: EventLoopThread | None = None
        self.former: list[EventLoopThread] = []

    def forget(self) -> None:
        """Have no current loop."""
        if self.current is not None:
            self.former.append(self.current)
            self.current = None

    def after_fork(self) -> None:
        """Forget the parent's loop, and a lock that another thread of the parent may have held."""
        self.lock = threading.Lock()
        self.forget()


_state = _State()
os.register_at_fork(after_in_child=_state.after_fork)


def _wait(future: "concurrent.futures.Future[_T]") -> _T:
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def _cancel_everything() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong on the loop; no traceback, whose frames could show secrets."""
    error = context.get("exception")
    kind = type(error).__name__ if error is not None else "no exception"
    _logger.error("On the event loop: %s (%s)", context.get("message"), kind)
