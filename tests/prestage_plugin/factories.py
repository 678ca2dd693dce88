"""Users, devices and jobs for the tests of the faces."""

from typing import Any

from django.contrib.auth.models import Permission, User

from nornir_tasks.evaluation import (
    Evaluation,
    InterfaceDecision,
    InterfaceVerdict,
    Role,
    RuleVerdict,
    Verdict,
    compact_document,
    complete_document,
)
from nornir_tasks.facts import Evidence
from prestage_plugin.models import Device, DeviceEvaluation, Job
from prestage_plugin.services.submit import JobRequest, submit_job

OPERATOR = ("run_job", "view_job", "view_device")
"""Permissions of somebody who starts jobs and looks at the own ones."""


def make_user(name: str, *permissions: str, **values: Any) -> User:
    """Make a user who may enter the admin and has these permissions of the plugin."""
    user = User.objects.create_user(name, is_staff=True, **values)
    wanted = Permission.objects.filter(content_type__app_label="prestage", codename__in=permissions)
    assert len(wanted) == len(set(permissions))
    user.user_permissions.set(wanted)
    return user


def make_device(name: str, **values: Any) -> Device:
    return Device.objects.create(
        **{"name": name, "address": "127.0.0.1", "platform": "junos"} | values
    )


def make_devices(count: int) -> list[Device]:
    return [make_device(f"pe{number:04}") for number in range(1, count + 1)]


def make_evaluated_device(name: str, **values: Any) -> Device:
    """Make a device with a recommendation and the evidence for it."""
    device = make_device(
        name,
        **{"recommended_role": "N-PE", "reason": "capabilities", "loopback": "10.0.0.1"} | values,
    )
    evaluation = Evaluation(
        device=name,
        role=Role.N_PE,
        reason="capabilities",
        loopback="10.0.0.1",
        loopback_alternatives=("10.0.0.2",),
        flags=(),
        capabilities=("l3",),
        rules=(
            RuleVerdict("R2", "ebgp", Verdict.FAIL, "No EBGP group."),
            RuleVerdict(
                "R3",
                "loopback",
                Verdict.PASS,
                "lo0.0 has an address.",
                (Evidence("interfaces/interface[lo0]/unit[0]/family/inet", "10.0.0.1/32"),),
            ),
        ),
        interfaces=(
            InterfaceVerdict("ge-0/0/1", InterfaceDecision.RECOMMENDED, "free"),
            InterfaceVerdict(
                "ge-0/0/2", InterfaceDecision.EXCLUDED, "core", used_vlans=((7, 7), (10, 20))
            ),
        ),
        warnings=(),
        profile="csd",
        capability_policy="any",
        sources=("configuration",),
    )
    DeviceEvaluation.objects.create(device=device, result=compact_document(evaluation), facts={})
    return device


def result_in_full(device: Device) -> dict[str, Any]:
    """Return what the rules said of a device, for a test to change before it saves that."""
    device.evaluation.result = complete_document(device.evaluation.result)
    result: dict[str, Any] = device.evaluation.result
    return result


def make_job(user: User | None, **request: Any) -> Job:
    """Start a job as the faces do; there must be devices."""
    return submit_job(request=JobRequest(**request), user=user)
