"""`manage.py prestage_health`."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from prestage_plugin.models import Shard
from prestage_plugin.services import workers
from tests.prestage_plugin.commands.calling import NO_DATABASE, process
from tests.prestage_plugin.services.build import make_devices, start

pytestmark = pytest.mark.django_db


def ask(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("prestage_health", *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_exit_status_says_how_the_site_is() -> None:
    assert ask()[0] == 1
    workers.register(name="host:1")
    assert ask()[0] == 0
    workers.forget(name="host:1")
    make_devices("pe1")
    start()
    Shard.objects.update(enqueued_at=timezone.now() - timedelta(minutes=5))
    assert ask()[0] == 2


def test_people_read_a_sentence_for_each_thing() -> None:
    _status, out = ask()
    assert "degraded No worker runs; start manage.py prestage_worker.\n" in out
    assert "ok       The database answers.\n" in out
    assert out.endswith("The site is degraded.\n")


def test_programs_read_json() -> None:
    document = json.loads(ask("--json")[1])
    assert document["status"] == "degraded"
    assert document["checks"]["workers"]["status"] == "degraded"


def test_without_a_database_it_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    result = process("prestage_health", folder=tmp_path, database=NO_DATABASE)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stdout.splitlines()[-1] == "The site is down."
