"""A new version of this software reads every device once (prestaging spec, section 6)."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from prestage_plugin.apps import _after_migrate
from prestage_plugin.models import ChangeEvent, Deployment, Device
from prestage_plugin.services import deployment
from prestage_plugin.services.deployment import note_deployment
from tests.prestage_plugin.services.build import make_devices
from tests.prestage_plugin.services.changes import AUTO, settle
from tests.prestage_plugin.services.elsewhere import together

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]
INSTALLED = version("prestage-plugin")


def heard() -> list[tuple[str, str, str]]:
    rows = ChangeEvent.objects.order_by("pk")
    return list(rows.values_list("device__name", "source", "detail"))


def test_a_version_is_announced_to_every_device_once() -> None:
    make_devices("pe1", "pe2")
    assert note_deployment(deployed="2.0")
    assert heard() == [
        ("pe1", "deployment", "version 2.0"),
        ("pe2", "deployment", "version 2.0"),
    ]
    assert not note_deployment(deployed="2.0")
    assert len(heard()) == 2
    assert note_deployment(deployed="2.1")
    assert not note_deployment(deployed="2.0")
    assert len(heard()) == 4


def test_only_devices_that_a_job_can_contact_hear_of_it() -> None:
    [router] = make_devices("pe1")
    Device.objects.create(name="pe1:LS1", parent=router)
    Device.objects.create(name="gone", in_inventory=False)
    note_deployment(deployed="2.0")
    assert [name for name, *_rest in heard()] == ["pe1"]


def test_all_of_them_are_one_job(settings: Any) -> None:
    settings.PRESTAGE = AUTO
    make_devices("pe1", "pe2", "pe3")
    note_deployment(deployed="2.0")
    job = settle()
    assert job is not None
    assert job.total == 3


def test_migrating_says_that_the_installed_version_was_deployed() -> None:
    make_devices("pe1")
    Deployment.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert heard() == [("pe1", "deployment", f"version {INSTALLED}")]
    assert [each.version for each in Deployment.objects.all()] == [INSTALLED]
    call_command("migrate", verbosity=0)
    assert len(heard()) == 1


def test_a_version_that_was_not_announced_to_all_is_announced_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_devices("pe1")

    def broken(**_values: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(deployment, "note_changes", broken)
        with pytest.raises(RuntimeError):
            note_deployment(deployed="2.0")
    assert note_deployment(deployed="2.0")
    assert len(heard()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_hosts_that_migrate_at_once_announce_it_once() -> None:
    make_devices("pe1")
    together(lambda: note_deployment(deployed="2.0"), lambda: note_deployment(deployed="2.0"))
    assert heard() == [("pe1", "deployment", "version 2.0")]


def test_a_whole_inventory_is_a_few_statements(django_assert_max_num_queries: Any) -> None:
    Device.objects.bulk_create(Device(name=f"pe{number}") for number in range(1000))
    with django_assert_max_num_queries(20):
        note_deployment(deployed="2.0")
    assert ChangeEvent.objects.count() == 1000


@pytest.mark.slow
def test_other_apps_can_be_migrated_before_ours_and_ours_back(tmp_path: Path) -> None:
    script = """
import django
django.setup()
from django.core.management import call_command
for arguments in (["contenttypes"], [], ["prestage", "zero"]):
    call_command("migrate", *arguments, verbosity=0)
"""
    site = {
        "PRESTAGE_DATA": str(tmp_path),
        "PRESTAGE_DEVELOPMENT": "1",
        "DJANGO_SETTINGS_MODULE": "prestage_plugin.site.settings",
    }
    others = {key: value for key, value in os.environ.items() if "PRESTAGE" not in key}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=others | site,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_migrating_another_database_announces_nothing_in_ours_white_box() -> None:
    make_devices("pe1")
    Deployment.objects.all().delete()
    _after_migrate(using="elsewhere")
    assert not Deployment.objects.exists()
    _after_migrate(using="default")
    assert Deployment.objects.exists()
