"""A wheel of this tree works in a site that has never heard of it, as the README says."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zipfile import ZipFile

import psutil
import pytest

from nornir_tasks.lab import Fleet, LabProcess
from tests.docs.pages import ROOT, blocks_of
from tests.ports import free_port

PASSWORD = "a password of the fresh site"
SECONDS = 120


class Site:
    """A project made by `django-admin startproject`, in a virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "mysite"
        self.bin = folder / "venv" / "bin"
        self.port = free_port()

    def build(self) -> None:
        venv.create(self.folder / "venv", with_pip=True)
        copy_sources(self.folder / "source")
        self.run(
            sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", "wheels", "./source"
        )
        [wheel] = (self.folder / "wheels").glob("*.whl")
        with ZipFile(wheel) as files:
            assert "prestage_plugin/locale/de/LC_MESSAGES/django.mo" in files.namelist()
        constraints = ROOT / "constraints.txt"
        self.run(self.bin / "python", "-m", "pip", "install", "-q", "-c", constraints, wheel)
        self.run(self.bin / "django-admin", "startproject", "mysite")

    def configure(self, nornir_config: Path) -> None:
        """Add what the README says, and nothing else."""
        for block in blocks_of(ROOT / "README.md"):
            if block.target is not None:
                text = block.text.replace("inventory/config.yaml", str(nornir_config))
                with (self.project / "mysite" / block.target).open("a") as file:
                    file.write(text)

    def manage(self, *arguments: str) -> str:
        python = (self.bin / "python", "-W", "error")
        return self.run(*python, "manage.py", *arguments, folder=self.project)

    def run(self, *command: str | Path, folder: Path | None = None) -> str:
        result = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS * 2,
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[None]:
        with (self.folder / f"{arguments[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                [self.bin / "python", "-W", "error", "manage.py", *arguments],
                cwd=self.project,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        family = psutil.Process(process.pid)
        try:
            yield
        finally:
            members = [family, *family.children(recursive=True)]
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            _gone, alive = psutil.wait_procs(members, timeout=5)
            for member in alive:
                member.kill()
            assert alive == []

    @staticmethod
    def environment() -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PRESTAGE_", "DJANGO_"))}
        return kept | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}

    @cached_property
    def token(self) -> str:
        return self.manage(
            *("prestage", "token", "create", "test", "--user", "admin", "--scope", "read", "jobs")
        ).strip()

    def api(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/prestage/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)


def copy_sources(target: Path) -> None:
    """Copy what a wheel is built from: a build leaves files in its source tree."""
    for name in ("nornir_tasks", "prestage_plugin"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, target / name)


class Browser:
    """As much of a browser as logging in takes."""

    def __init__(self, site: Site) -> None:
        self.root = f"http://127.0.0.1:{site.port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        with self._opener.open(f"{self.root}{path}", timeout=30) as response:
            page: str = response.read().decode()
            return page

    def log_in(self) -> None:
        form = self.get("/admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token is not None
        fields = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        with self._opener.open(
            f"{self.root}/admin/login/?next=/admin/", urlencode(fields).encode(), timeout=30
        ) as response:
            assert "Site administration" in response.read().decode()


def until(condition: Any) -> Any:
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        try:
            if result := condition():
                return result
        except OSError:
            pass  # the server is not up yet
        time.sleep(0.2)
    raise AssertionError(f"not within {SECONDS} seconds")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_wheel_works_in_a_fresh_site(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.build()
    fleet = Fleet.of({"npe": 4, "p": 2})
    with LabProcess(fleet, directory=tmp_path / "lab") as lab:
        site.configure(lab.inventory_directory / "config.yaml")
        site.manage("check")
        site.manage("migrate")
        site.manage("createsuperuser", "--noinput", "--username", "admin", "--email", "a@b.invalid")
        assert "6 devices added" in site.manage("prestage_sync")
        with (
            site.running("qcluster"),
            site.running("runserver", "--noreload", f"127.0.0.1:{site.port}"),
        ):
            until(lambda: site.api("jobs/")[0] == 200)
            status, job = site.api("jobs/", {})
            assert status == 202
            job = until(lambda: ended(site, job["id"]))
            assert (job["state"], job["percent"]) == ("success", 100)
            roles = {d["name"]: d["recommended_role"] for d in site.api("devices/")[1]["results"]}
            assert roles == {device.name: device.truth.role_csd for device in fleet.devices}
            look_at_the_admin(site, job["id"])


def ended(site: Site, job_id: int) -> dict[str, Any] | None:
    _status, job = site.api(f"jobs/{job_id}/")
    return job if job["ended_at"] else None


def look_at_the_admin(site: Site, job_id: int) -> None:
    browser = Browser(site)
    browser.log_in()
    assert "Prestage device jobs" in browser.get("/admin/")
    assert "Prestage all devices" in browser.get("/admin/prestage/job/")
    assert "npe-00001" in browser.get(f"/admin/prestage/job/{job_id}/change/")
    assert "npe-00001" in browser.get("/admin/prestage/device/")
