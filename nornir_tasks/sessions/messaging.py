"""The messages of a session: sent from the caller's thread, received by one of the session's own.

ncclient sends a request up to 100 ms late, dies on a character that a read cuts in two, parses
every reply an extra time for its root, and puts what it has received into its exceptions.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

import paramiko
from ncclient.operations.errors import OperationError
from ncclient.transport.errors import SessionCloseError, TransportError
from ncclient.transport.ssh import SSHSession

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.guard import HostGuard, current_guard
from nornir_tasks.sessions.dialing import Line
from nornir_tasks.sessions.failures import Phase, classify_failure
from nornir_tasks.sessions.framing import EndOfMessageFraming, Framing
from nornir_tasks.sessions.messages import start_tag
from nornir_tasks.sessions.settings import SessionSettings
from nornir_tasks.xml import local_name

__all__ = ["Answer", "MessagingSession"]

READ_SIZE = 256 * 1024

# ncclient logs what it sends and receives.
logging.getLogger("ncclient").setLevel(logging.WARNING)

Answer = bytes | Exception
"""A message of the device, or why there is none."""


class MessagingSession(SSHSession):  # type: ignore[misc]  # ncclient has no types
    """A session that is connected, or about to be; ncclient's `Manager` can be put on it.

    Args:
        device_handler: ncclient's handler for the device's kind.
        settings: Timeouts and limits.

    Attributes:
        settings: As given.
        failure: Why the session ended by itself; None as long as it has not.
    """

    def __init__(self, device_handler: Any, settings: SessionSettings) -> None:
        super().__init__(device_handler)
        self.name = "prestage-session"
        self.settings = settings
        self.failure: PrestageError | None = None
        self._line = Line()
        self._guard: HostGuard = current_guard()
        self._framing: Framing = EndOfMessageFraming(settings.reply_limit)
        self._send_lock = threading.Lock()
        self._hello: SimpleQueue[Answer] = SimpleQueue()
        self._answers: dict[str, SimpleQueue[Answer]] = {}
        self._answers_lock = threading.Lock()

    def exchange(self, message_id: str, request: bytes, timeout: float) -> bytes:
        """Send a request and return the reply's bytes.

        Args:
            message_id: The id inside the request.
            request: The whole `<rpc>`.
            timeout: Seconds until the reply must be complete.

        Raises:
            PrestageError: `timeout-rpc`, `connection-lost`, `bad-reply`, `reply-too-large`, or
                the reason why the host's guard was tripped.
        """
        answer: SimpleQueue[Answer] = SimpleQueue()
        with self._phase(Phase.RPC):
            with self._answers_lock:
                self._answers[message_id] = answer
            try:
                if self.failure is not None:
                    raise self.failure
                self._transmit(request)
                return self._await(answer, timeout)
            finally:
                with self._answers_lock:
                    self._answers.pop(message_id, None)

    def send(self, message: str) -> None:
        """Send a message from the caller's thread; ncclient would queue it for up to 100 ms.

        Raises:
            ncclient.transport.errors.TransportError: The session is not connected (any more).
        """
        if not self.connected:
            raise TransportError("Not connected to NETCONF server")
        self._transmit(message.encode())

    def run(self) -> None:
        """Receive until the session ends; the body of the session's own thread."""
        failure: Exception = SessionCloseError(b"")
        try:
            while data := self._receive():
                for message in self._framing.feed(data):
                    self._deliver(message)
        except (PrestageError, OSError, paramiko.SSHException) as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a defect must end this session, not hang it
            failure = classify_failure(error, Phase.RPC)
        self._connected = False
        self._fail(failure)
        self.abort()

    def _receive(self) -> bytes:
        while True:
            try:
                data: bytes = self._channel.recv(READ_SIZE)
            except TimeoutError:
                continue
            return data

    def _deliver(self, message: bytes) -> None:
        tag, attributes = start_tag(message)
        if local_name(tag) == "hello":
            self._hello.put(message)
            return
        with self._answers_lock:
            answer = self._answers.pop(attributes.get("message-id", ""), None)
        if answer is not None:
            answer.put(message)
            return
        self._deliver_to_manager(tag, attributes, message)

    def _deliver_to_manager(self, tag: str, attributes: Any, message: bytes) -> None:
        """Hand a message to ncclient's listeners, which want the document as text."""
        if self._id is None:
            text = "The device sent something else than a hello first."
            raise PrestageError(ErrorCode.BAD_REPLY, text)
        document = message.decode("utf-8")
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            # A reply nobody waits for any more is no reason to end the session.
            with suppress(OperationError):
                listener.callback((tag, attributes), document)

    def _fail(self, error: Exception) -> None:
        self.failure = classify_failure(error, Phase.RPC)
        self._hello.put(error)
        with self._answers_lock:
            waiting = list(self._answers.values())
        for answer in waiting:
            answer.put(error)
        self._dispatch_error(error)

    def _transmit(self, message: bytes) -> None:
        with self._send_lock:
            self._channel.sendall(self._framing.wrap(message))

    @staticmethod
    def _await(answers: "SimpleQueue[Answer]", timeout: float) -> bytes:
        try:
            answer = answers.get(timeout=timeout)
        except Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def abort(self) -> None:
        """End the session at once from any thread; never raises, never blocks."""
        self._line.cut()

    @contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        """Turn whatever fails inside into one of our errors; a tripped guard's reason wins."""
        limit = self.settings.connect_timeout
        started = time.monotonic()
        try:
            yield
        except paramiko.AuthenticationException as error:
            raise self._explained(error, phase) from None
        except Exception as error:  # noqa: BLE001 - classify_failure knows them all
            # paramiko tells a timeout from a closed connection only by how long it took.
            late = phase is not Phase.RPC and time.monotonic() - started >= limit
            timed_out = late and not isinstance(error, PrestageError)
            raise self._explained(TimeoutError() if timed_out else error, phase) from None

    def _explained(self, error: Exception, phase: Phase) -> PrestageError:
        try:
            self._guard.check()
        except PrestageError as reason:
            return PrestageError(reason.code, reason.text)
        return classify_failure(error, phase)
