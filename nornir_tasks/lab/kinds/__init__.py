"""Generators of router configurations with known truth."""

from dataclasses import replace
from functools import lru_cache

from nornir_tasks.lab.faults import FAULTS
from nornir_tasks.lab.kinds.catalog import CATALOG, Kind
from nornir_tasks.lab.kinds.customers import fill
from nornir_tasks.lab.kinds.draft import Blueprint, Draft
from nornir_tasks.lab.truth import Truth

__all__ = ["CATALOG", "Blueprint", "Kind", "generate", "truth_of"]


def generate(*, kind: str, name: str, index: int, seed: int, size: int) -> Blueprint:
    """Write one device's configuration; the same arguments give the same one.

    Args:
        kind: A name in `CATALOG`.
        name: The device's name.
        index: Number of the device in its fleet, from 0.
        seed: The fleet's seed.
        size: Bytes of the configuration, met within 20 % from 4,000 to 2,000,000.
    """
    entry = CATALOG[kind]
    draft = Draft(name=name, index=index, seed=f"{seed}/{kind}/{name}", size=size)
    loopback = entry.build(draft)
    systems = entry.logical_systems(draft) if entry.logical_systems is not None else {}
    fill(draft, entry.filler)
    truth = Truth(
        role_csd=entry.role_csd,
        role_extended=entry.role_extended,
        loopback=loopback,
        uni=tuple(sorted(draft.uni)),
        logical_systems=systems,
    )
    return Blueprint(content=draft.content(), ports=draft.ports, truth=truth)


@lru_cache(maxsize=2048)
def truth_of(*, kind: str, name: str, index: int, seed: int, size: int, fault: str | None) -> Truth:
    """Return what a correct client finds out about a device, its fault included."""
    truth = generate(kind=kind, name=name, index=index, seed=seed, size=size).truth
    return truth if fault is None else replace(truth, error_code=FAULTS[fault])
