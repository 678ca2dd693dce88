"""What the demo does in the ready-made site; importing it sets Django up."""

import time

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - after the set-up
from django.core.management import call_command  # noqa: E402 - after the set-up
from rich.box import SIMPLE_HEAD  # noqa: E402 - after the set-up
from rich.console import Console  # noqa: E402 - after the set-up
from rich.progress import (  # noqa: E402 - after the set-up
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table  # noqa: E402 - after the set-up

from nornir_tasks.lab import Fleet  # noqa: E402 - after the set-up
from prestage_plugin.demo.processes import Cluster  # noqa: E402 - after the set-up
from prestage_plugin.models import Device, Job, JobDevice  # noqa: E402 - after the set-up
from prestage_plugin.services.inventory import SyncReport, sync_devices  # noqa: E402
from prestage_plugin.services.submit import JobRequest, submit_job  # noqa: E402
from prestage_plugin.states import RoleChoice  # noqa: E402 - after the set-up

__all__ = ["create", "follow", "prestage_all", "show_roles", "synchronise"]

LOOK_INTERVAL = 0.1
"""Seconds between two looks at the job."""


def create(administrator: str, password: str) -> None:
    """Create the database's tables and a superuser."""
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser(administrator, password=password)


def synchronise() -> SyncReport:
    """Make a device of every simulated router."""
    return sync_devices()


def prestage_all(administrator: str) -> Job:
    """Start the main job in the administrator's name."""
    user = get_user_model().objects.get_by_natural_key(administrator)
    return submit_job(request=JobRequest(), user=user)


def follow(job: Job, cluster: Cluster, console: Console) -> None:
    """Show a progress bar until the job has ended.

    Raises:
        ProcessEndedError: The cluster that carries the job is gone.
    """
    columns = (
        TextColumn("   {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(str(job), total=job.total)
        while not job.is_terminal:
            cluster.check()
            time.sleep(LOOK_INTERVAL)
            job.refresh_from_db()
            progress.update(bar, completed=job.finished)
    console.print(f"   {job.get_state_display()}: {job.summary}")


def show_roles(fleet: Fleet, console: Console) -> bool:
    """Print the table of roles and the counts, and compare them with the lab's truth.

    Returns:
        Whether every role is the one that the lab knows to be true.
    """
    devices = {device.name: device for device in Device.objects.order_by("name")}
    table = Table(box=SIMPLE_HEAD)
    for heading in ("Device", "Role", "Assigned", "Why", "Loopback", "UNI"):
        table.add_column(heading, overflow="fold")
    for device in devices.values():
        table.add_row(
            device.name,
            device.recommended_role or "?",
            "yes" if device.assigned_role else "no",
            device.reason,
            device.loopback or "-",
            str(device.uni_count),
        )
    console.print(table)
    counts = [
        f"{role} {sum(device.recommended_role == role for device in devices.values())}"
        for role in RoleChoice.values
    ]
    console.print(" / ".join(counts), style="bold", highlight=False)
    return _is_true(fleet, devices, console)


def _is_true(fleet: Fleet, devices: dict[str, Device], console: Console) -> bool:
    expected = {device.name: device.truth.role_csd for device in fleet.devices}
    for router in fleet.devices:
        for name, truth in router.truth.logical_systems.items():
            expected[f"{router.name}:{name}"] = truth.role_csd
    found = {name: device.recommended_role for name, device in devices.items()}
    wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    for name in wrong:
        console.print(
            f"{name} is {found.get(name) or 'missing'}, in truth {expected.get(name)}. "
            f"{_error(name)}",
            style="red",
        )
    if not wrong:
        console.print(f"All {len(expected)} roles equal the lab's truth.", style="green")
    return not wrong


def _error(name: str) -> str:
    row = JobDevice.objects.filter(device_name=name).order_by("-pk").first()
    return f"{row.error_text} [{row.error_code}]" if row is not None and row.error_code else ""
