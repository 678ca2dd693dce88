"""The SSH options of a connection."""

import copy
from collections.abc import Callable, Sequence
from functools import cache

import asyncssh

from nornir_tasks.sessions.aio.endpoint import Endpoint

__all__ = ["connection_options"]

# What ncclient's transport can verify. No `ssh-rsa`, whose signatures are SHA-1.
HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)

# A tenth of the cost of the next best of their kind.
_CIPHERS_FIRST = (b"aes128-gcm@openssh.com", b"aes256-gcm@openssh.com")
_KEY_EXCHANGES_FIRST = (b"curve25519-sha256", b"curve25519-sha256@libssh.org")

# Nothing and nobody is known to asyncssh itself: each key is put to our own policy. Something
# empty would make it read ~/.ssh/known_hosts.
_NOBODY_KNOWN: tuple[tuple[()], ...] = ((),) * 7


def connection_options(
    endpoint: Endpoint, client: Callable[[], asyncssh.SSHClient]
) -> asyncssh.SSHClientConnectionOptions:
    """Return the options of one connection.

    Making them anew takes longer than copying those that all connections share.

    Args:
        endpoint: The device.
        client: Returns the object that is told of the connection's progress.
    """
    options = copy.copy(_shared())
    options.protocol_factory = client
    options.host = endpoint.host
    options.port = endpoint.port
    # As it is: asyncssh would normalise it (RFC 4013), ncclient's transport does not.
    options.username = endpoint.credentials.username
    options.server_host_key_algs = endpoint.policy.algorithms(HOST_KEY_ALGORITHMS)
    return options


@cache
def _shared() -> asyncssh.SSHClientConnectionOptions:
    """Return options that read no file, ask no agent and set no timer of their own."""
    options = asyncssh.SSHClientConnectionOptions(
        config=[],
        known_hosts=_NOBODY_KNOWN,
        x509_trusted_certs=None,
        client_keys=None,
        agent_path=None,
        gss_host=None,
        host_based_auth=False,
        preferred_auth=["publickey", "password", "keyboard-interactive"],
        login_timeout=0,
        compression_algs=None,
        encoding=None,
    )
    options.encryption_algs = _first(options.encryption_algs, _CIPHERS_FIRST)
    options.kex_algs = _first(options.kex_algs, _KEY_EXCHANGES_FIRST)
    return options


def _first(algorithms: Sequence[bytes], wanted: Sequence[bytes]) -> list[bytes]:
    """Put the wanted ones first, as far as they are there."""
    return [name for name in wanted if name in algorithms] + [
        name for name in algorithms if name not in wanted
    ]
