"""A hardened NETCONF session over SSH, on ncclient's session class and paramiko's transport.

ncclient 0.6.19 waits without limit in several phases, cannot verify an RSA host key with paramiko
5, and tries agents and key files that nobody named before the password.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import paramiko
from ncclient.transport.session import (
    HelloHandler,
    NetconfBase,
    NotificationHandler,
)

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.credentials import Credentials
from nornir_tasks.sessions.failures import Phase
from nornir_tasks.sessions.framing import ChunkedFraming
from nornir_tasks.sessions.host_keys import HostKeyPolicy
from nornir_tasks.sessions.messages import BASE_11
from nornir_tasks.sessions.messaging import MessagingSession
from nornir_tasks.xml import parse_document

__all__ = ["HardenedSession"]

_SUBSYSTEM = "netconf"
_JOIN_SECONDS = 2.0

# paramiko logs tracebacks of failures that are classified and reported anyway.
_TRANSPORT_LOG = "nornir_tasks.sessions.transport"
logging.getLogger(_TRANSPORT_LOG).setLevel(logging.CRITICAL)


class HardenedSession(MessagingSession):
    """One session, from the first packet to the last.

    Args:
        device_handler: ncclient's handler for the device's kind.
        settings: Timeouts, limits and how host keys are verified.
    """

    def connect(self, host: str, port: int, credentials: Credentials) -> None:
        """Connect, verify the device, log in and exchange hellos.

        The session is attached to the current guard from the first packet on.

        Args:
            host: Name or address.
            port: TCP port.
            credentials: What to log in with; sent only after the host key was verified.

        Raises:
            PrestageError: With the code of the step that failed; nothing is left open.
        """
        self._host = host
        self._guard.attach(self.abort)
        try:
            policy = HostKeyPolicy(host, port, self.settings)
            self._dial(host, port)
            self._handshake(policy)
            self._log_in(credentials)
            self._open_channel()
            self._exchange_hellos()
        except BaseException:
            self.close()
            raise
        finally:
            credentials.release()

    def _dial(self, host: str, port: int) -> None:
        with self._phase(Phase.DIAL):
            connection = self._line.dial(
                host, port, self.settings.connect_timeout, admit=self._guard.admit
            )
            self._guard.check()
            self._transport = paramiko.Transport(connection)
        self._transport.set_log_channel(_TRANSPORT_LOG)
        seconds = self.settings.connect_timeout
        self._transport.banner_timeout = seconds
        self._transport.handshake_timeout = seconds
        self._transport.auth_timeout = seconds

    def _handshake(self, policy: HostKeyPolicy) -> None:
        options = self._transport.get_security_options()
        options.key_types = policy.algorithms(options.key_types)
        with self._phase(Phase.HANDSHAKE):
            self._transport.start_client(timeout=self.settings.connect_timeout)
            # start_client returns as if nothing had happened when its time is up.
            key = self._transport.get_remote_server_key()
        policy.verify(key.asbytes())

    def _log_in(self, credentials: Credentials) -> None:
        transport, name = self._transport, credentials.username
        attempts = [partial(transport.auth_publickey, name, key) for key in credentials.keys]
        if credentials.password is not None:
            attempts.append(partial(transport.auth_password, name, credentials.password))
        for attempt in attempts:
            try:
                with self._phase(Phase.LOGIN):
                    attempt()
            except PrestageError as error:
                if error.code is not ErrorCode.AUTHENTICATION:
                    raise
            if transport.is_authenticated():
                return
        raise self._rejected(credentials)

    def _open_channel(self) -> None:
        seconds = self.settings.connect_timeout
        with self._phase(Phase.CHANNEL):
            self._channel = self._transport.open_session(timeout=seconds)
            self._channel_id = self._channel.get_id()
            self._channel_name = f"{_SUBSYSTEM}-subsystem-{self._channel_id}"
            self._channel.set_name(self._channel_name)
            # paramiko waits for the answer to this request without any limit.
            with self._cut_after(seconds):
                self._request_subsystem()
        # Bounds a blocked send; a read that runs into it is repeated.
        self._channel.settimeout(self.settings.rpc_timeout)
        self._connected = True
        self._closing.clear()

    def _request_subsystem(self) -> None:
        try:
            self._channel.invoke_subsystem(_SUBSYSTEM)
        except paramiko.SSHException:
            if self._transport.is_active():
                text = "The device has SSH on this port, but refused its NETCONF subsystem."
                raise PrestageError(ErrorCode.CONNECTION_REFUSED, text) from None
            raise

    def _exchange_hellos(self) -> None:
        with self._phase(Phase.HELLO):
            self.add_listener(NotificationHandler(self._notification_q))
            self.start()
            self.send(HelloHandler.build(self._client_capabilities, self._device_handler))
            hello = self._await(self._hello, self.settings.connect_timeout)
            root = parse_document(hello, source="The device's hello")
            self._id, self._server_capabilities = HelloHandler.parse(root)
        if BASE_11 in self._server_capabilities and BASE_11 in self._client_capabilities:
            # Safe while the other thread reads: the device says nothing more before it is asked.
            self._base = NetconfBase.BASE_11
            self._framing = ChunkedFraming(self.settings.reply_limit)

    @contextmanager
    def _cut_after(self, seconds: float) -> Iterator[None]:
        timer = threading.Timer(seconds, self.abort)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _rejected(self, credentials: Credentials) -> PrestageError:
        means = "password" if credentials.password is not None else "key"
        text = f"The device rejected the login of {credentials.username} with this {means}."
        return PrestageError(ErrorCode.AUTHENTICATION, text)

    def close(self) -> None:
        """End the session and its threads without a word to the device; may be called twice."""
        self._closing.set()
        self._connected = False
        self._guard.detach(self.abort)
        self._line.cut()
        if self._transport is not None:
            self._transport.close()
            if self._transport.is_alive():
                self._transport.join(_JOIN_SECONDS)
            # Else the timer thread of an unfinished handshake would live on until its time is up.
            self._transport.packetizer.complete_handshake()
        if self.is_alive() and self is not threading.current_thread():
            self.join(_JOIN_SECONDS)
        self._channel = None
        self._line.close()
