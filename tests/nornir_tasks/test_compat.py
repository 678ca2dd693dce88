"""The repairs of dependencies, and whether they are still needed."""

import subprocess
import sys

import pytest

WITHOUT_US = "import nornir_netconf.plugins.tasks.retrieval.netconf_get as m"
TASKS = """
from nornir_netconf.plugins.tasks.capabilities.netconf_capabilities import netconf_capabilities
from nornir_netconf.plugins.tasks.retrieval.netconf_get import netconf_get
from nornir_netconf.plugins.tasks.retrieval.netconf_get_schemas import netconf_get_schemas
from nornir_netconf.plugins.tasks import netconf_lock
"""
INSTALLED = """
from nornir.core.plugins.connections import ConnectionPluginRegister as register
from nornir_tasks.sessions import HardenedNetconf
assert register.available["netconf"] is HardenedNetconf, register.available
"""
INIT = """
import tempfile, pathlib
from nornir import InitNornir
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "hosts.yaml").write_text("pe1: {}")
InitNornir(logging={"enabled": False},
           inventory={"options": {"host_file": str(folder / "hosts.yaml")}})
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_upstream_still_breaks_without_the_repair() -> None:
    """When this fails, nornir_tasks.compat can go."""
    assert "cannot import name 'Optional'" in python(WITHOUT_US).stderr


def test_the_tasks_of_nornir_netconf_can_be_imported_after_ours() -> None:
    done = python("import nornir_tasks" + TASKS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import nornir_tasks" + INIT + INSTALLED,
        INIT + "import nornir_tasks" + INSTALLED,
        "import nornir_tasks" + INIT + INIT + "import nornir_tasks" + INIT + INSTALLED,
        INIT + "import nornir_tasks" + INIT + INSTALLED,
        "import nornir_netconf.plugins.connections, nornir_tasks" + INIT + INSTALLED,
    ],
)
def test_the_hardened_plugin_takes_the_name_in_whatever_order_things_are_imported(
    code: str,
) -> None:
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_messages_of_ncclient_and_paramiko_are_not_logged_at_info() -> None:
    done = python(
        "import logging, nornir_tasks\n"
        "for name in ('ncclient.transport.session', 'nornir_tasks.sessions.transport'):\n"
        "    assert not logging.getLogger(name).isEnabledFor(logging.INFO), name"
    )
    assert done.returncode == 0, done.stderr
