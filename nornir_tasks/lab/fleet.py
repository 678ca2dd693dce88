"""A fleet of simulated routers: who is in it, where it answers and what is true about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.faults import FAULTS, check_fault
from nornir_tasks.lab.kinds import CATALOG, Blueprint, generate, truth_of
from nornir_tasks.lab.truth import Truth

__all__ = ["DEFAULT_SIZE", "SIZES", "Fleet", "SimulatedDevice"]

DEFAULT_SIZE = 16_000
SIZES = (4_000, 2_000_000)
MAX_DEVICES = 200_000


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """One simulated router.

    Attributes:
        name: Inventory name: kind and running number, e.g. `npe-00001`.
        kind: A name in `nornir_tasks.lab.kinds.CATALOG`.
        address: The loopback address that it answers on, 127.x.y.z.
        index: Its number in the fleet, from 0.
        seed: The fleet's seed.
        size: Bytes of its configuration, roughly.
        fault: A name in `FAULTS`, or None.
    """

    name: str
    kind: str
    address: str
    index: int
    seed: int
    size: int = DEFAULT_SIZE
    fault: str | None = None

    @property
    def truth(self) -> Truth:
        """What a correct client finds out about it."""
        return truth_of(
            kind=self.kind,
            name=self.name,
            index=self.index,
            seed=self.seed,
            size=self.size,
            fault=self.fault,
        )

    def blueprint(self) -> Blueprint:
        """Generate its configuration and chassis."""
        return generate(
            kind=self.kind, name=self.name, index=self.index, seed=self.seed, size=self.size
        )

    def of_kind(self, kind: str) -> "SimulatedDevice":
        """Return the same device with the configuration of another kind.

        Raises:
            PrestageError: Code `inventory`; there is no such kind.
        """
        check_kind(kind)
        return replace(self, kind=kind)


class Fleet:
    """A fixed set of simulated devices; the same arguments give the same fleet.

    Args:
        devices: Its devices, with names and addresses of their own.
    """

    def __init__(self, devices: tuple[SimulatedDevice, ...]) -> None:
        self.devices = devices
        self._by_name = {device.name: device for device in devices}

    @classmethod
    def generate(
        cls, *, devices: int, seed: int = 1, faulty: float = 0.0, size: int = DEFAULT_SIZE
    ) -> "Fleet":
        """Mix all kinds in realistic shares.

        Args:
            devices: Number of devices.
            seed: Another seed gives another fleet.
            faulty: Percentage of devices that have a fault; all faults occur in turn.
            size: Bytes of each configuration, roughly; 4,000 to 2,000,000.

        Raises:
            PrestageError: Code `inventory`; an argument is out of range.
        """
        if not 0 <= faulty <= 100:
            raise _bad(f"The share of faulty devices is a percentage, not {faulty:g}.")
        _check_size(size)
        _check_count(devices)
        random = Random(seed)  # noqa: S311 - test data, not a secret
        kinds = random.choices(
            list(CATALOG), weights=[kind.share for kind in CATALOG.values()], k=devices
        )
        sick = random.sample(range(devices), round(devices * faulty / 100))
        names = list(FAULTS)
        faults = {index: names[turn % len(names)] for turn, index in enumerate(sick)}
        plan = [(kind, faults.get(index)) for index, kind in enumerate(kinds)]
        return cls(tuple(_number(plan, seed=seed, size=size)))

    @classmethod
    def of(
        cls,
        kinds: Mapping[str, int],
        *,
        faults: Mapping[str, int] | None = None,
        seed: int = 1,
        size: int = DEFAULT_SIZE,
    ) -> "Fleet":
        """Make exact numbers per kind.

        Args:
            kinds: Number of healthy devices per kind.
            faults: Number of additional devices (of kind `npe`) per fault.
            seed: Another seed gives other configurations.
            size: Bytes of each configuration, roughly; 4,000 to 2,000,000.

        Raises:
            PrestageError: Code `inventory`; no such kind or fault, or a number is out of range.
        """
        _check_size(size)
        plan: list[tuple[str, str | None]] = []
        for kind, count in kinds.items():
            check_kind(kind)
            plan.extend([(kind, None)] * count)
        for fault, count in (faults or {}).items():
            check_fault(fault)
            plan.extend([("npe", fault)] * count)
        _check_count(len(plan))
        return cls(tuple(_number(plan, seed=seed, size=size)))

    @classmethod
    def from_rows(cls, rows: list[dict[str, Any]]) -> "Fleet":
        """Build the fleet that `rows()` described."""
        return cls(tuple(SimulatedDevice(**row) for row in rows))

    def rows(self) -> list[dict[str, Any]]:
        """Return plain values from which `from_rows` builds the same fleet."""
        names = SimulatedDevice.__slots__
        return [{name: getattr(device, name) for name in names} for device in self.devices]

    def __len__(self) -> int:
        return len(self.devices)

    def __iter__(self) -> Iterator[SimulatedDevice]:
        return iter(self.devices)

    def __getitem__(self, name: str) -> SimulatedDevice:
        return self._by_name[name]


def check_kind(kind: str) -> None:
    """Refuse a kind that does not exist.

    Raises:
        PrestageError: Code `inventory`; the text lists the kinds there are.
    """
    if kind not in CATALOG:
        raise _bad(f"There is no kind {kind!r}; choose one of: {', '.join(CATALOG)}.")


def _number(
    plan: list[tuple[str, str | None]], *, seed: int, size: int
) -> Iterator[SimulatedDevice]:
    numbers: dict[str, int] = {}
    for index, (kind, fault) in enumerate(plan):
        numbers[kind] = numbers.get(kind, 0) + 1
        yield SimulatedDevice(
            name=f"{kind}-{numbers[kind]:05d}",
            kind=kind,
            # 127.0/16 is left to other software on the machine.
            address=f"127.{16 + index // 62500}.{index // 250 % 250}.{index % 250 + 1}",
            index=index,
            seed=seed,
            size=size,
            fault=fault,
        )


def _check_size(size: int) -> None:
    low, high = SIZES
    if not low <= size <= high:
        raise _bad(f"The size of a configuration is {low} to {high} bytes, not {size}.")


def _check_count(devices: int) -> None:
    if not 1 <= devices <= MAX_DEVICES:
        raise _bad(f"A fleet has 1 to {MAX_DEVICES} devices, not {devices}.")


def _bad(text: str) -> PrestageError:
    return PrestageError(ErrorCode.INVENTORY, text)
