"""Every command and every script in our documents works, in the order of the page.

Shell blocks are run line by line, Python blocks as scripts, both in a copy of this tree. A lab, a
site and a listener are started in the background and live until the page's end. Blocks for a
site's own files (`# settings.py`, `# urls.py`) are used by the test of a fresh site.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from nornir_tasks.errors import REGISTRY
from tests.docs.pages import PAGES, ROOT, Block, blocks_of
from tests.ports import free_port

NOT_RUN = {
    "make test": "this is what runs now",
    "make check": "CI runs it beside the tests",
}
TAKEN = ("nornir_tasks", "prestage_plugin", "inventory", "docs", "tests/fixtures")
TAKEN_FILES = ("pyproject.toml", "constraints.txt", "Makefile", "manage.py", "README.md", "LICENSE")
CLIENT = "tests/prestage_plugin/api/client.py"
START_SECONDS = 60
SITE = "127.0.0.1:8000"
COMMAND_SECONDS = 240


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A copy of the tree that may be written to, with this environment."""
    for name in TAKEN:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in TAKEN_FILES:
        shutil.copy2(ROOT / name, tmp_path / name)
        # The environment is this one: `make` must not find it outdated and build it again.
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / CLIENT).parent.mkdir(parents=True)
    shutil.copy(ROOT / CLIENT, tmp_path / CLIENT)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_page_works(page: Path, workspace: Path) -> None:
    port = free_port()  # somebody else may have a site on this machine
    with ExitStack() as background:
        for block in blocks_of(page):
            if block.language == "sh":
                for command in block.commands:
                    here = command.replace(SITE, f"127.0.0.1:{port}")
                    run_command(here, workspace, background)
            elif block.language == "python" and block.target is None:
                run_script(block, workspace, port)


def run_command(command: str, workspace: Path, background: ExitStack) -> None:
    if command in NOT_RUN:
        return
    if "nornir_tasks lab " in command:
        folder = re.search(r"--inventory (\S+)", command)
        assert folder is not None, f"no --inventory in: {command}"
        inventory = workspace / folder[1] / "truth.json"
        background.enter_context(running(command, workspace, lambda _log: inventory.exists()))
        return
    if "prestage_listen" in command:
        background.enter_context(running(command, workspace, lambda log: "listening" in log))
        return
    if "manage.py prestage_worker" in command:
        background.enter_context(running(command, workspace, lambda _log: True))
        return
    if "manage.py runserver" in command:
        background.enter_context(running(command, workspace, listens_at(command)))
        return
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=workspace,
        env=environment(workspace),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"


def run_script(block: Block, workspace: Path, port: int) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text.replace(SITE, f"127.0.0.1:{port}")],
        cwd=workspace,
        env=environment(workspace),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert result.returncode == 0, f"line {block.line}\n{result.stdout}\n{result.stderr}"


def environment(workspace: Path) -> dict[str, str]:
    # What this test process was told about its own site is not for theirs, nor are the arguments of
    # the `make` that runs it, which every other `make` inherits.
    own = ("DJANGO_", "PRESTAGE_", "PYTEST_", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(workspace),
        "ARGS": "--once",  # `make demo` would serve the admin until Ctrl-C
        "PRESTAGE_DEVELOPMENT": "1",
        "PRESTAGE_DATA": str(workspace / "var"),
        "DJANGO_SUPERUSER_PASSWORD": "a password for the page's site",
    }


def listens_at(command: str) -> Callable[[str], bool]:
    """Whether something listens at the address that a command names."""
    port = re.search(r"127\.0\.0\.1:(\d+)", command)
    assert port is not None, f"no address in: {command}"
    address = ("127.0.0.1", int(port[1]))

    def listens(_log: str) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(address) == 0

    return listens


@contextmanager
def running(command: str, workspace: Path, is_ready: Callable[[str], bool]) -> Iterator[None]:
    """Run a program until the page's end.

    Args:
        command: What to run.
        workspace: Where.
        is_ready: Whether it is, by what it has printed so far.
    """
    output = workspace / f"output-{len(list(workspace.glob('output-*')))}"
    with output.open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec env {command}"],
            cwd=workspace,
            env=environment(workspace),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        give_up = time.monotonic() + START_SECONDS
        while not is_ready(output.read_text()):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < give_up, f"it did not start: {command}"
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=30)
    # `runserver` has no orderly end.
    assert status in {0, -signal.SIGTERM}, output.read_text()


def test_every_error_code_has_its_section() -> None:
    page = (ROOT / "docs" / "error-codes.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### `(\S+)`\n\n(.*?)(?=\n#|\Z)", page, re.DOTALL | re.MULTILINE))
    for info in REGISTRY.values():
        section = " ".join(sections.pop(info.code, "").split())
        assert info.meaning in section, info.code
        assert info.action in section, info.code
        retry = "Retrying can help." if info.retryable else "Retrying does not help."
        assert retry in section, info.code
    assert not sections, "codes that do not exist"


def test_every_refusal_of_the_api_is_in_the_table() -> None:
    page = (ROOT / "docs" / "error-codes.md").read_text(encoding="utf-8")
    table = page.partition("## Refusals of the API")[2]
    listed = {
        code
        for row in re.findall(r"^\|(.*?)\|", table, re.MULTILINE)
        for code in re.findall(r"`([a-z-]+)`", row)
    }
    known = {
        code
        for path in (ROOT / "prestage_plugin").rglob("*.py")
        if {"services", "api"} & set(path.parts)
        for code in re.findall(
            r'''(?:Refused\(\s*|[ _]code=|default_code = )"([a-z-]+)"''',
            path.read_text(encoding="utf-8"),
        )
    }
    assert known - listed == set()


def test_links_inside_the_documents_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
