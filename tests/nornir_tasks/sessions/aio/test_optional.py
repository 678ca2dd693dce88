"""asyncssh is an extra: without it the other engine works, and the error says what to install."""

import subprocess
import sys
import textwrap
from pathlib import Path

WITHOUT = """
    import sys

    sys.modules["asyncssh"] = None  # as if it were not installed

    import nornir_tasks
    from nornir import InitNornir
    from nornir_tasks.sessions import open_session

    def task(task):
        with open_session(task):
            pass

    nornir = InitNornir(config_file=sys.argv[1])
    for name, result in nornir.run(task).items():
        print(name, result[0].exception.code, result[0].exception)
"""


def test_without_asyncssh_only_its_engine_is_missing(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(
        "pe1: {hostname: 127.0.0.1, port: 1, username: u, password: p, platform: junos}\n"
        "pe2: {hostname: 127.0.0.1, port: 1, username: u, password: p, platform: junos,"
        " connection_options: {netconf: {extras: {engine: asyncssh}}}}\n"
    )
    (tmp_path / "config.yaml").write_text(
        f"inventory: {{options: {{host_file: {tmp_path}/hosts.yaml}}}}\n"
        "runner: {plugin: serial}\nlogging: {enabled: false}\n"
    )
    script = tmp_path / "without.py"
    script.write_text(textwrap.dedent(WITHOUT))
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "config.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("pe1 connection-refused "), done.stderr
    assert second.startswith("pe2 inventory ")
    assert "pip install 'prestage-plugin[asyncssh]'" in second


def test_who_does_not_select_it_does_not_load_it() -> None:
    code = "import sys, nornir_tasks; print('asyncssh' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
