"""The unix socket through which a running lab is told what to do.

One JSON object per line each way: `{"command": NAME, "arguments": [...]}`, answered by
`{"result": ...}` or `{"code": CODE, "error": SENTENCE}`.
"""

import asyncio
import hashlib
import json
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["ControlSocket", "call", "socket_path"]

SOCKET_NAME = "control.sock"
# The kernel's limit for the path of a unix socket is 108 bytes on Linux, 104 on macOS.
PATH_LIMIT = 100
LINE_LIMIT = 64 * 1024 * 1024

Execute = Callable[[str, list[str]], Any]


def socket_path(directory: Path) -> Path:
    """Return where the control socket of the lab with this inventory directory is."""
    path = directory.absolute() / SOCKET_NAME
    if len(str(path).encode()) < PATH_LIMIT:
        return path
    digest = hashlib.sha256(str(directory.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"prestage-lab-{digest}.sock"


def call(directory: Path, command: str, *arguments: str, timeout: float = 60.0) -> Any:
    """Send a command to a running lab and return its result.

    Args:
        directory: The lab's inventory directory.
        command: E.g. `set-kind`.
        arguments: E.g. a device and a kind; for `set-config` a device and a file.
        timeout: Seconds.

    Raises:
        PrestageError: No lab runs there, or it refused the command.
    """
    request = {"command": command, "arguments": _with_file(command, arguments)}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(timeout)
            client.connect(str(socket_path(directory)))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("rb") as stream:
                answer = json.loads(stream.readline() or b"null")
    except (OSError, ValueError):
        answer = None
    if answer is None:
        raise _bad(f"No lab answers for the inventory in {directory}; is it still running?")
    if "error" in answer:
        raise PrestageError(ErrorCode(answer["code"]), answer["error"])
    return answer["result"]


def _with_file(command: str, arguments: tuple[str, ...]) -> list[str]:
    if command != "set-config" or len(arguments) != 2:
        return list(arguments)
    device, name = arguments
    try:
        return [device, Path(name).read_text(encoding="utf-8")]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _bad(f"The file {name} cannot be read: {reason}.") from None


class ControlSocket:
    """Listens while a lab runs; use it with `async with`.

    Args:
        directory: The lab's inventory directory.
        execute: Runs a command with its arguments.

    Raises:
        PrestageError: Code `inventory`, when entered: a lab already answers there.
    """

    def __init__(self, directory: Path, execute: Execute) -> None:
        self._directory = directory
        self._execute = execute
        self._server: asyncio.Server
        self._connections: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        path = socket_path(self._directory)
        if path.exists():
            self._take_over(path)
        self._server = await asyncio.start_unix_server(self._serve, path, limit=LINE_LIMIT)
        path.chmod(0o600)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for writer in list(self._connections):
            writer.close()
        await self._server.wait_closed()
        socket_path(self._directory).unlink(missing_ok=True)

    def _take_over(self, path: Path) -> None:
        """Remove the socket of a lab that was killed."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            if probe.connect_ex(str(path)) == 0:
                raise _bad(f"A lab already runs with the inventory in {self._directory}.")
        path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            # The client hung up, or sent a line without end.
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            command, arguments = str(request["command"]), [str(a) for a in request["arguments"]]
            return {"result": self._execute(command, arguments)}
        except PrestageError as error:
            return {"code": str(error.code), "error": error.text}
        except (ValueError, KeyError, TypeError):
            return {"code": "inventory", "error": "The request is not a JSON object."}


def _bad(text: str) -> PrestageError:
    return PrestageError(ErrorCode.INVENTORY, text)
