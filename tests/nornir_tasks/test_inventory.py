"""Loading an inventory and picking devices from it: what works, and what people are told."""

from collections.abc import Callable
from pathlib import Path

import pytest
from nornir.core import Nornir

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.inventory import limit, load_nornir

CONFIG = "inventory: {options: {host_file: hosts.yaml, group_file: groups.yaml}}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory in a folder that is not the working directory."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "hosts.yaml").write_text("pe1: {groups: [core]}\npe2: {}\n")
    (folder / "groups.yaml").write_text("core: {platform: junos}\n")
    return folder


def refusal(source: Path | None, **overrides: object) -> str:
    with pytest.raises(PrestageError) as caught:
        load_nornir(source, **overrides)
    assert caught.value.code is ErrorCode.INVENTORY
    assert "Traceback" not in caught.value.text
    assert "\n" not in caught.value.text
    return caught.value.text


def test_a_folder_and_its_configuration_file_are_the_same(folder: Path) -> None:
    for source in (folder, folder / "config.yaml"):
        assert list(load_nornir(source).inventory.hosts) == ["pe1", "pe2"]


def test_a_folder_with_hosts_alone_is_enough(folder: Path) -> None:
    (folder / "config.yaml").unlink()
    assert load_nornir(folder).inventory.hosts["pe1"].platform == "junos"


def test_the_folder_inventory_is_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert list(load_nornir().inventory.hosts) == ["pe1", "pe2"]


def test_overrides_alone_are_enough(folder: Path) -> None:
    options = {"host_file": str(folder / "hosts.yaml"), "group_file": str(folder / "groups.yaml")}
    assert len(load_nornir(inventory={"options": options}).inventory.hosts) == 2


def test_logging_is_off_unless_it_is_asked_for(folder: Path) -> None:
    assert load_nornir(folder).config.logging.enabled is False
    assert not Path("nornir.log").exists()


def test_the_sample_in_the_repository_takes_its_credentials_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NORNIR_USERNAME", "somebody")
    monkeypatch.setenv("NORNIR_PASSWORD", "s3cr3t")
    nornir = load_nornir(ROOT / "inventory")
    host = nornir.inventory.hosts["pe1"]
    assert (host.username, host.password, host.port) == ("somebody", "s3cr3t", 830)
    assert host.platform == "junos"
    assert host.hostname is not None
    assert host.hostname.startswith("192.0.2.")


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("hosts.yaml", None, "hosts.yaml cannot be read: no such file"),
        ("hosts.yaml", "", "has no devices"),
        ("hosts.yaml", "# nothing\n", "has no devices"),
        ("hosts.yaml", "pe1: {}\npe2: {a: [}\n", "hosts.yaml is not valid YAML in line 2"),
        ("hosts.yaml", "pe1: {}\npe1: {}\n", "hosts.yaml is not valid YAML in line 2"),
        ("hosts.yaml", "pe1: {groups: [nowhere]}\n", "refers to 'nowhere'"),
        ("hosts.yaml", "- pe1\n", "cannot be loaded"),
        ("hosts.yaml", "pe1: {port: eight}\n", "The port 'eight' of pe1"),
        ("hosts.yaml", "pe1: {port: 70000}\n", "The port 70000 of pe1"),
        ("hosts.yaml", "pe1: {port: true}\n", "The port True of pe1"),
        (
            "hosts.yaml",
            "pe1: {connection_options: {netconf: {port: 0}}}\n",
            "The port 0 of pe1",
        ),
        ("groups.yaml", "core: [\n", "groups.yaml is not valid YAML"),
        ("config.yaml", "inventory: [\n", "config.yaml is not valid YAML"),
        ("config.yaml", "just text", "not a Nornir configuration"),
        ("config.yaml", "inventory: {plugin: Nowhere}", "'Nowhere' is not registered"),
        ("config.yaml", "nonsense: 1", "cannot be loaded"),
        ("config.yaml", "inventory: {options: {host_fil: x}}", "cannot be loaded"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    folder: Path, file: str, content: str | None, says: str
) -> None:
    path = folder / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    assert says.lower() in refusal(folder).lower()


def test_an_empty_inventory_is_told_of_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "hosts.yaml").write_text("")
    refusal(folder)
    assert caplog.messages == []


def test_a_missing_inventory_is_named(folder: Path) -> None:
    assert "nowhere" in refusal(folder / "nowhere")
    assert "inventory" in refusal(None)
    assert "hosts.yaml does not exist" in refusal(folder.parent)


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "hosts.yaml").write_bytes(b"pe1: \xff\xfe")
    assert "UTF-8" in refusal(folder)


@pytest.fixture
def nornir(nornir_of: Callable[..., Nornir]) -> Nornir:
    return nornir_of(
        groups={"core": {"platform": "junos"}, "edge": {}, "metro": {"groups": ["edge"]}},
        defaults={"platform": "toaster"},
        pe1={"groups": ["edge"]},
        pe2={"groups": ["metro"]},
        p1={"groups": ["core"]},
        p2={"groups": ["core"], "platform": "junos-evo"},
    )


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("pe1", {"pe1"}),
        ("pe1,p2", {"pe1", "p2"}),
        (" pe1 , p2 ,", {"pe1", "p2"}),
        ("pe*", {"pe1", "pe2"}),
        ("p[12]", {"p1", "p2"}),
        ("group:edge", {"pe1", "pe2"}),
        ("group:core,pe1", {"p1", "p2", "pe1"}),
        ("platform:junos*", {"p1", "p2"}),
        ("platform:junos", {"p1"}),
        ("!pe1", {"pe2", "p1", "p2"}),
        ("!group:core", {"pe1", "pe2"}),
        ("pe*,!pe2", {"pe1"}),
        ("!pe2,pe*", {"pe1"}),
        ("*", {"pe1", "pe2", "p1", "p2"}),
    ],
)
def test_a_limit_picks_these_devices(nornir: Nornir, expression: str, names: set[str]) -> None:
    assert set(limit(nornir, expression).inventory.hosts) == names


@pytest.mark.parametrize(
    "expression", ["pe9", "pe1,pe9", "group:nowhere", "platform:x", "x*", "!x", "pe1,!pe1", "", ","]
)
def test_a_limit_that_picks_nothing_or_names_the_unknown_is_refused(
    nornir: Nornir, expression: str
) -> None:
    with pytest.raises(PrestageError) as caught:
        limit(nornir, expression)
    assert caught.value.code is ErrorCode.BAD_REQUEST
