"""Private keys as asyncssh uses them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import paramiko

from nornir_tasks.sessions.credentials import KeyEncryptedError

__all__ = ["AgentKey", "AsyncsshKeys", "agent_key_pair"]


@dataclass(frozen=True, slots=True)
class AgentKey:
    """A key that stays with the SSH agent, which signs with it.

    Attributes:
        public: The public key as SSH sends it.
    """

    public: bytes


class AsyncsshKeys:
    """Keys for sessions on asyncssh."""

    name = "asyncssh"

    def read(self, path: Path, passphrase: str | None) -> asyncssh.SSHKey:
        """See `KeyTools.read`."""
        try:
            return asyncssh.import_private_key(path.read_bytes(), passphrase)
        except asyncssh.KeyImportError as error:
            if passphrase is None and "passphrase must be specified" in str(error).lower():
                raise KeyEncryptedError from None
            raise

    def agent_keys(self) -> Sequence[AgentKey]:
        """See `KeyTools.agent_keys`; they are only listed here, by whom does not matter."""
        agent = paramiko.Agent()
        try:
            return [AgentKey(key.asbytes()) for key in agent.get_keys()]
        finally:
            agent.close()


async def agent_key_pair(key: AgentKey) -> tuple[asyncssh.SSHAgentClient, asyncssh.SSHKeyPair]:
    """Return a connection to the agent, to be closed after the login, and the key on it.

    Raises:
        LookupError: The agent does not have the key any more, or does not answer.
    """
    try:
        agent = await asyncssh.connect_agent(os.environ.get("SSH_AUTH_SOCK", ""))
    except OSError:
        raise LookupError from None
    try:
        found = await agent.get_keys([key.public])
    except ValueError:
        found = ()
    if not found:
        agent.close()
        raise LookupError
    return agent, found[0]
