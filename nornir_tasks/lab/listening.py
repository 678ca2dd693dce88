"""The sockets of a lab: who dialled which device."""

import socket

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.fleet import Fleet, SimulatedDevice

__all__ = ["LOCALHOST", "Listeners", "is_loopback"]

BACKLOG = 4096
LOCALHOST = "127.0.0.1"


class Listeners:
    """The listening sockets, and which device each address or port belongs to.

    Args:
        fleet: The devices.
        port: Port of the one listener; 0 takes a free one. Ignored with a port per device.
        port_per_device: Listen on a port of 127.0.0.1 for each device.

    Raises:
        PrestageError: Code `inventory`; the port cannot be opened.
    """

    def __init__(self, fleet: Fleet, *, port: int, port_per_device: bool) -> None:
        self.sockets: list[socket.socket] = []
        self._endpoints: dict[str, tuple[str, int]] = {}
        self._names: dict[tuple[str, int], str] = {}
        # Bound, but not listening: connections are refused and nobody else gets the port.
        self._refusing = _bound(LOCALHOST, 0)
        try:
            if port_per_device:
                self._open_ports(fleet)
            else:
                self._open_wildcard(fleet, port)
        except OSError as error:
            self.close()
            raise PrestageError(
                ErrorCode.INVENTORY, f"The lab cannot listen on port {port}: {error.strerror}."
            ) from None

    @property
    def port(self) -> int:
        """Port of the first listener."""
        port: int = self.sockets[0].getsockname()[1]
        return port

    def endpoint(self, device: SimulatedDevice) -> tuple[str, int]:
        """Return the address and port that the inventory names for a device."""
        if device.fault == "refuses":
            port: int = self._refusing.getsockname()[1]
            return (LOCALHOST, port)
        return self._endpoints[device.name]

    def dialled(self, sockname: tuple[str, int]) -> str | None:
        """Return the name of the device that answers on a local address; None when none does."""
        return self._names.get((sockname[0], sockname[1]))

    def close(self) -> None:
        """Close all sockets."""
        for listener in (*self.sockets, self._refusing):
            listener.close()

    def _open_wildcard(self, fleet: Fleet, port: int) -> None:
        self.sockets.append(_listening("0.0.0.0", port))  # noqa: S104 - peers outside 127/8 are refused
        for device in fleet:
            self._add(device, (device.address, self.port))

    def _open_ports(self, fleet: Fleet) -> None:
        for device in fleet:
            listener = _listening(LOCALHOST, 0)
            self.sockets.append(listener)
            self._add(device, (LOCALHOST, listener.getsockname()[1]))

    def _add(self, device: SimulatedDevice, endpoint: tuple[str, int]) -> None:
        self._endpoints[device.name] = endpoint
        self._names[endpoint] = device.name


def is_loopback(address: str) -> bool:
    """Tell whether a peer is on this machine."""
    return address.startswith("127.")


def _bound(address: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    return opened


def _listening(address: str, port: int) -> socket.socket:
    listener = _bound(address, port)
    listener.setblocking(False)
    listener.listen(BACKLOG)
    return listener
