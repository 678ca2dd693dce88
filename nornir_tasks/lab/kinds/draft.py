"""A configuration while a generator writes it, together with the truth about its interfaces."""

from dataclasses import dataclass
from random import Random

from nornir_tasks.lab.truth import Truth

__all__ = ["CITIES", "Blueprint", "Draft"]

# Junos accepts UTF-8 in descriptions; clients that cut characters between two reads break on it.
CITIES = ("Zürich", "São Paulo", "Kraków", "Malmö", "東京", "Göteborg", "Łódź", "Austin", "Oslo")


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a generator hands over.

    Attributes:
        content: XML inside `<configuration>`; the prefix `junos` is bound by whoever wraps it.
        ports: Operational status, `up` or `down`, of each port in the chassis, including those
            that the configuration does not name.
        truth: What a correct client finds out.
    """

    content: str
    ports: dict[str, str]
    truth: Truth


class Draft:
    """Collects the branches of one configuration.

    Args:
        name: The device's name, also its host name.
        index: Number of the device in its fleet, from 0; addresses derive from it.
        seed: Makes the same configuration again.
        size: Bytes that the configuration should have, roughly.
    """

    def __init__(self, *, name: str, index: int, seed: str, size: int) -> None:
        self.name = name
        self.index = index
        self.size = size
        self.random = Random(seed)  # noqa: S311 - test data, not a secret
        self.preamble: list[str] = []
        self.system = [f"<host-name>{name}</host-name>\n"]
        self.interfaces: list[str] = []
        self.routing_options: list[str] = []
        self.protocols: dict[str, list[str]] = {}
        self.instances: list[str] = []
        self.policies: list[str] = []
        self.filters: list[str] = []
        self.logical_systems: list[str] = []
        self.ports: dict[str, str] = {}
        self.uni: list[str] = []
        self.customers = 0
        self.written = 0
        self._customer_ports = 0

    @property
    def loopback(self) -> str:
        """The address that identifies the device; unique in its fleet."""
        return f"10.{220 + self.index // 62500}.{self.index // 250 % 250}.{self.index % 250 + 1}"

    def port(self, *, prefix: str = "ge", uni: bool, status: str = "up") -> str:
        """Take the next free customer port and note whether it can be a UNI."""
        number = self._customer_ports
        self._customer_ports += 1
        name = f"{prefix}-{1 + number // 80}/{number // 20 % 4}/{number % 20}"
        self.add_port(name, uni=uni, status=status)
        return name

    def add_port(self, name: str, *, uni: bool, status: str = "up") -> None:
        """Put a port into the chassis and note whether it can be a UNI."""
        self.ports[name] = status
        if uni:
            self.uni.append(name)

    def protocol(self, name: str, *statements: str) -> None:
        """Append statements under `protocols/<name>`."""
        self.protocols.setdefault(name, []).extend(statements)

    def append(self, branch: list[str], text: str) -> None:
        """Append to one of the branches and count the bytes in `written`."""
        branch.append(text)
        self.written += len(text.encode())

    def city(self) -> str:
        """Return a place for a description, sometimes outside ASCII."""
        return self.random.choice(CITIES)

    def missing(self) -> int:
        """Bytes that the configuration still lacks."""
        return self.size - len(self.content().encode())

    def content(self) -> str:
        """Return the XML inside `<configuration>`."""
        protocols = "".join(
            f"<{name}>\n{''.join(statements)}</{name}>\n"
            for name, statements in self.protocols.items()
        )
        filters = "".join(self.filters)
        if filters:
            filters = f"<family>\n<inet>\n{filters}</inet>\n</family>\n"
        return "".join(
            (
                "\n<version>22.4R3.25</version>\n",
                *self.preamble,
                _branch("system", self.system),
                _branch("interfaces", self.interfaces),
                _branch("routing-options", self.routing_options),
                _branch("protocols", [protocols]),
                _branch("policy-options", self.policies),
                _branch("firewall", [filters]),
                _branch("routing-instances", self.instances),
                *self.logical_systems,
            )
        )


def _branch(name: str, statements: list[str]) -> str:
    inner = "".join(statements)
    return f"<{name}>\n{inner}</{name}>\n" if inner else ""
