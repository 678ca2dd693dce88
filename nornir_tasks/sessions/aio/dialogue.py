"""What is said in a NETCONF session: hellos, requests and their replies, notifications."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from lxml import etree

from nornir_tasks.errors import PrestageError
from nornir_tasks.sessions.aio.failures import classify_ssh_failure
from nornir_tasks.sessions.failures import Phase
from nornir_tasks.sessions.framing import ChunkedFraming, EndOfMessageFraming, Framing
from nornir_tasks.sessions.messages import BASE_11, build_hello, read_hello, start_tag
from nornir_tasks.xml import local_name, parse_document

__all__ = ["NOTIFICATION_LIMIT", "Dialogue", "Ended", "Notified"]

HELLO_LIMIT = 1024 * 1024
NOTIFICATION_LIMIT = 1024 * 1024
"""Bytes of the largest notification; they are parsed on the loop, which must not be held up."""

Notified: TypeAlias = Callable[[etree._Element], None]  # noqa: SLF001 - the stubs' name for it
Ended: TypeAlias = Callable[[PrestageError], None]

# How replies usually begin. Only to find who waits for one: it is parsed afterwards, by a parser.
_USUAL_REPLY = re.compile(
    rb"""\s*(?:<\?xml[^?<>]*\?>\s*)?<rpc-reply(?:\s+[\w:.-]+="[^"<&]*")*?"""
    rb"""\s+message-id="([\w:.-]+)\""""
)

_logger = logging.getLogger(__name__)


class Dialogue:
    """One session's messages, whatever carries them; belongs to the running event loop.

    Args:
        write: Sends bytes; must not block.
        reply_limit: Largest reply in bytes.

    Attributes:
        capabilities: Of the device's hello.
        failure: Why the dialogue has ended; None as long as it has not.
    """

    def __init__(self, write: Callable[[bytes], None], reply_limit: int) -> None:
        self._write = write
        self._reply_limit = reply_limit
        self._framing: Framing = EndOfMessageFraming(min(HELLO_LIMIT, reply_limit))
        self._greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._notified: Notified | None = None
        self._ended: Ended | None = None
        self._over = asyncio.Event()
        self.capabilities: frozenset[str] = frozenset()
        self.failure: PrestageError | None = None

    async def greet(self) -> None:
        """Say hello and wait for the device's.

        Raises:
            Exception: Whatever ended the dialogue; the caller knows the phase.
        """
        self._write(self._framing.wrap(build_hello()))
        await self._greeted

    async def exchange(self, message_id: str, request: bytes, seconds: float) -> bytes:
        """Send a request and return the reply's bytes.

        Args:
            message_id: The id inside the request.
            request: The whole `<rpc>`.
            seconds: Until the reply must be complete.

        Raises:
            PrestageError: `timeout-rpc`, `connection-lost`, `bad-reply`, `reply-too-large`.
        """
        self.check()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        self._answers[message_id] = answer
        timer = loop.call_later(seconds, _give_up, answer)
        try:
            self._write(self._framing.wrap(request))
            return await answer
        except Exception as error:  # noqa: BLE001 - it has a code
            raise classify_ssh_failure(error, Phase.RPC) from None
        finally:
            timer.cancel()
            self._answers.pop(message_id, None)

    @property
    def listening(self) -> bool:
        """Whether notifications are delivered."""
        return self._notified is not None

    def listen(self, notified: Notified) -> None:
        """Deliver notifications from now on.

        Args:
            notified: Called on the loop with each `<notification>`; must be quick.
        """
        self._notified = notified
        self._framing.limit = min(NOTIFICATION_LIMIT, self._reply_limit)

    def mute(self) -> None:
        """Deliver no notification any more."""
        self._notified = None
        self._framing.limit = self._reply_limit

    def when_over(self, ended: Ended) -> None:
        """Have a function called once, on the loop, with the reason when the dialogue has ended."""
        self._ended = ended
        if self.failure is not None:
            self._tell_end(self.failure)

    async def over(self) -> PrestageError:
        """Wait until the dialogue has ended and return why."""
        await self._over.wait()
        assert self.failure is not None
        return self.failure

    def check(self) -> None:
        """Raise why the dialogue has ended, if it has."""
        if self.failure is not None:
            raise _copy(self.failure)

    def receive(self, data: bytes) -> None:
        """Take bytes from the device; never raises."""
        if self.failure is not None:
            return
        try:
            for message in self._framing.feed(data):
                self._deliver(message)
        except Exception as error:  # noqa: BLE001 - a defect must end this session, not the loop
            self.end(error)

    def end(self, error: Exception) -> None:
        """End the dialogue, once: everybody who waits for something is told why."""
        if self.failure is not None:
            return
        phase = Phase.RPC if self._greeted.done() else Phase.HELLO
        self.failure = failure = classify_ssh_failure(error, phase)
        waiting: list[asyncio.Future[Any]] = [self._greeted, *self._answers.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(_copy(failure))
                future.exception()  # nobody may be waiting for it any more
        self._over.set()
        self._tell_end(failure)

    def _deliver(self, message: bytes) -> None:
        usual = _USUAL_REPLY.match(message)
        answer = None if usual is None else self._answers.get(usual[1].decode())
        if answer is not None and self._greeted.done():
            _answer(answer, message)
            return
        if not self._greeted.done():
            self._read_hello(message)
            return
        tag, attributes = start_tag(message)
        name = local_name(tag)
        if name == "notification" and self._notified is not None:
            self._notify(message)
        else:
            # Without a future: a reply that came too late, or what nobody has asked for.
            answer = self._answers.get(attributes.get("message-id", ""))
            if answer is not None:
                _answer(answer, message)

    def _read_hello(self, message: bytes) -> None:
        self.capabilities = read_hello(message, HELLO_LIMIT)
        if BASE_11 in self.capabilities:
            # The device says nothing more before it is asked, in neither framing.
            self._framing = ChunkedFraming(self._reply_limit)
        self._framing.limit = self._reply_limit
        self._greeted.set_result(None)

    def _notify(self, message: bytes) -> None:
        limit = min(NOTIFICATION_LIMIT, self._reply_limit)
        notification = parse_document(message, limit=limit, source="The device's notification")
        assert self._notified is not None
        notified = self._notified
        self._tell(lambda: notified(notification))

    def _tell_end(self, failure: PrestageError) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            self._tell(lambda: ended(_copy(failure)))

    @staticmethod
    def _tell(callback: Callable[[], object]) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - a subscriber's defect is not the session's
            kind = type(error).__name__
            _logger.error("A subscriber raised %s", kind)  # noqa: TRY400 - may show secrets


def _answer(answer: asyncio.Future[bytes], message: bytes) -> None:
    if not answer.done():
        answer.set_result(message)


def _give_up(answer: asyncio.Future[bytes]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())


def _copy(error: PrestageError) -> PrestageError:
    """Return the same error for somebody else: each who raises it adds to its traceback."""
    return PrestageError(error.code, error.text)
