"""What all tests below share: a lab, and inventories without files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nornir import InitNornir
from nornir.core import Nornir

from nornir_tasks.inventory import load_nornir
from nornir_tasks.lab import FAULTS, Fleet, LabProcess
from nornir_tasks.sessions.settings import Engine


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine of sessions in turn: what is promised holds on all of them."""
    return Engine(request.param)


@pytest.fixture
def nornir_of(tmp_path: Path) -> Callable[..., Nornir]:
    """Make a Nornir object: `nornir_of(pe1={}, pe2={"groups": ["core"]}, groups={...})`."""

    def make(
        groups: dict[str, Any] | None = None,
        defaults: dict[str, Any] | None = None,
        **hosts: dict[str, Any],
    ) -> Nornir:
        return InitNornir(
            logging={"enabled": False},
            inventory={"options": _inventory_files(tmp_path, hosts, groups or {}, defaults or {})},
        )

    return make


def _inventory_files(folder: Path, *parts: dict[str, Any]) -> dict[str, str]:
    import ruamel.yaml

    yaml = ruamel.yaml.YAML()
    options = {}
    for name, content in zip(("host", "group", "defaults"), parts, strict=True):
        path = folder / f"{name}.yaml"
        with path.open("w") as file:
            yaml.dump(content, file)
        options[f"{name}_file"] = str(path)
    return options


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """Every kind of router that the tests below need, and one with each fault."""
    return Fleet.of(
        {"npe": 6, "p": 2, "ce": 1, "groups": 1, "logical-systems": 1, "no-loopback": 1},
        faults=dict.fromkeys(FAULTS, 1),
        seed=7,
    )


@pytest.fixture(scope="session")
def lab(fleet: Fleet) -> Iterator[LabProcess]:
    """The fleet, running once for each process of the test run."""
    with LabProcess(fleet, framing="mixed", host_key="mixed") as lab:
        yield lab


@pytest.fixture
def lab_nornir(lab: LabProcess, engine: Engine) -> Callable[..., Nornir]:
    """Make a Nornir object for some devices: `lab_nornir("npe-00001", rpc_timeout=5)`."""

    def make(*names: str, **extras: Any) -> Nornir:
        nornir = load_nornir(lab.inventory_directory)
        short = {"connect_timeout": 4, "rpc_timeout": 4, "reply_limit": 4_000_000}
        options = nornir.inventory.defaults.connection_options["netconf"]
        options.extras = {**(options.extras or {}), "engine": str(engine), **short, **extras}
        return nornir.filter(filter_func=lambda host: not names or host.name in names)

    return make


@pytest.fixture(scope="session")
def lab_password(lab: LabProcess) -> str:
    """The password that must be seen nowhere."""
    import ruamel.yaml

    text = (lab.inventory_directory / "defaults.yaml").read_text()
    return str(ruamel.yaml.YAML(typ="safe").load(text)["password"])
