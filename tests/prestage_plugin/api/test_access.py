"""Who may do what: every operation of the API, every kind of user, every kind of token.

An operation that is missing in the table fails a test, so that none is added without a thought.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from prestage_plugin.api.schema.document import shipped
from prestage_plugin.states import TokenScope
from tests.prestage_plugin.api.conftest import client_of, client_with
from tests.prestage_plugin.api.inventory import INVENTORY
from tests.prestage_plugin.api.world import DAILY, World, make_world

pytestmark = pytest.mark.django_db
API = "/prestage/api/v1"

READ, JOBS, ROLES, EVENTS, SITE = map(str, TokenScope)


@dataclass(frozen=True)
class Row:
    """What an operation answers.

    Attributes:
        scope: What a token needs.
        viewer: Status for who may view jobs and devices, and has no job.
        owner: For an operator whose job or schedule it is.
        other: For an operator whose job or schedule it is not.
        canceller: For an operator who sees and cancels the jobs of all.
        superuser: For who may everything; a token of the superuser with the scope gets the same.
        body: What is sent; the ids of the world take the place of their names.
        query: What is behind the path.
        auditor: For an operator who sees the jobs of all; as for the canceller when None.
    """

    scope: str
    viewer: int
    owner: int
    other: int
    canceller: int
    superuser: int
    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    auditor: int | None = None


NAMED = {"ids": ["device"]}
RECURRENCE = {"recurrence": DAILY}
TOKEN = {"name": "new", "scopes": ["site"], "prefix": "k3v9x0b2m1qz", "digest": "5e" * 32}

TABLE: dict[str, Row] = {
    # jobs: the own ones, or all with view_all_jobs
    "list_jobs": Row(READ, 200, 200, 200, 200, 200),
    "start_job": Row(JOBS, 403, 202, 202, 202, 202, {"scope": {"devices": ["pe3"]}}),
    "read_job": Row(READ, 404, 200, 404, 200, 200),
    "cancel_job": Row(JOBS, 404, 202, 404, 202, 202, auditor=403),
    "force_stop_job": Row(JOBS, 404, 403, 404, 403, 202),
    "retry_job": Row(JOBS, 403, 202, 404, 202, 202),
    "reassign_job": Row(JOBS, 404, 204, 404, 403, 200, {"user": "bob"}),
    "cancel_jobs": Row(JOBS, 200, 200, 200, 200, 200, {"ids": ["running"]}),
    "list_job_devices": Row(READ, 404, 200, 404, 200, 200),
    "list_job_transitions": Row(READ, 404, 200, 404, 200, 200),
    "export_job": Row(READ, 404, 200, 404, 200, 200),
    "export_jobs": Row(READ, 200, 200, 200, 200, 200, query="?id=1&id=2"),
    # A stream needs ASGI; who may not see the job is not told so.
    "stream_job": Row(READ, 404, 406, 404, 406, 406),
    # schedules: likewise; others are changed with change_schedule
    "list_schedules": Row(READ, 200, 200, 200, 200, 200),
    "create_schedule": Row(JOBS, 403, 201, 201, 201, 201, RECURRENCE),
    "preview_recurrence": Row(READ, 200, 200, 200, 200, 200, RECURRENCE),
    "read_schedule": Row(READ, 404, 200, 404, 200, 200),
    "change_schedule": Row(JOBS, 404, 200, 404, 403, 200, {"name": "new"}),
    "preview_schedule": Row(READ, 404, 200, 404, 200, 200),
    "pause_schedule": Row(JOBS, 404, 200, 404, 403, 200),
    "resume_schedule": Row(JOBS, 404, 200, 404, 403, 200),
    "run_schedule": Row(JOBS, 403, 202, 404, 403, 202),
    "cancel_schedule": Row(JOBS, 404, 200, 404, 200, 200, auditor=403),
    # devices: for all who may view them
    "list_devices": Row(READ, 200, 200, 200, 200, 200),
    "find_device": Row(READ, 302, 302, 302, 302, 302, query="?name=pe1"),
    "read_device": Row(READ, 200, 200, 200, 200, 200),
    "read_evidence": Row(READ, 200, 200, 200, 200, 200),
    "list_device_interfaces": Row(READ, 200, 200, 200, 200, 200),
    "list_role_changes": Row(READ, 200, 200, 200, 200, 200),
    "list_device_jobs": Row(READ, 200, 200, 200, 200, 200),
    "list_device_events": Row(READ, 200, 200, 200, 200, 200),
    "synchronise_devices": Row(SITE, 403, 403, 403, 403, 200),
    "prestage_device": Row(JOBS, 403, 202, 202, 202, 202),
    # roles: with assign_role; exceptions and mutes with permissions of their own
    "assign_role": Row(ROLES, 403, 403, 403, 403, 200),
    "follow_configuration": Row(ROLES, 403, 403, 403, 403, 200),
    "unassign_role": Row(ROLES, 403, 403, 403, 403, 200),
    "assign_roles": Row(ROLES, 403, 403, 403, 403, 200, NAMED),
    "follow_configurations": Row(ROLES, 403, 403, 403, 403, 200, NAMED),
    "unassign_roles": Row(ROLES, 403, 403, 403, 403, 200, NAMED),
    "mute_device": Row(ROLES, 403, 403, 403, 403, 200),
    "unmute_device": Row(ROLES, 403, 403, 403, 403, 200),
    "mute_devices": Row(ROLES, 403, 403, 403, 403, 200, NAMED),
    "unmute_devices": Row(ROLES, 403, 403, 403, 403, 200, NAMED),
    "list_exceptions": Row(READ, 403, 403, 403, 403, 200),
    "set_exception": Row(ROLES, 403, 403, 403, 403, 201, {"kind": "loopback", "value": "10.0.0.2"}),
    "read_exception": Row(READ, 403, 403, 403, 403, 200),
    "change_exception": Row(ROLES, 403, 403, 403, 403, 200, {"note": "new"}),
    "remove_exception": Row(ROLES, 403, 403, 403, 403, 204),
    # what is recommended and what other rules would: for all who may view devices
    "list_recommendations": Row(READ, 200, 200, 200, 200, 200),
    "assign_recommendations": Row(ROLES, 403, 403, 403, 403, 200, {"all": True}),
    "list_drift": Row(READ, 200, 200, 200, 200, 200),
    "count_drift": Row(READ, 200, 200, 200, 200, 200),
    "what_if": Row(READ, 200, 200, 200, 200, 200, query="?profile=extended&show=all"),
    "classify": Row(READ, 200, 200, 200, 200, 200, {"configuration": "<configuration/>"}),
    "read_statistics": Row(READ, 200, 200, 200, 200, 200),
    # events: with permissions of their own
    "list_events": Row(READ, 403, 403, 403, 403, 200),
    "report_events": Row(EVENTS, 403, 403, 403, 403, 202, {"devices": ["pe1", "none"]}),
    "list_unknown_senders": Row(READ, 403, 403, 403, 403, 200),
    "read_unknown_sender": Row(READ, 403, 403, 403, 403, 200),
    "forget_unknown_sender": Row(SITE, 403, 403, 403, 403, 204),
    "list_listeners": Row(READ, 403, 403, 403, 403, 200),
    "read_listener": Row(READ, 403, 403, 403, 403, 200),
    "read_auto_settings": Row(READ, 403, 403, 403, 403, 200),
    "change_auto_settings": Row(SITE, 403, 403, 403, 403, 200, {"wait": 30}),
    # for everybody who is known
    "read_root": Row(READ, 200, 200, 200, 200, 200),
    "list_rules": Row(READ, 200, 200, 200, 200, 200),
    "read_rule": Row(READ, 200, 200, 200, 200, 200),
    "list_profiles": Row(READ, 200, 200, 200, 200, 200),
    "read_profile": Row(READ, 200, 200, 200, 200, 200),
    "read_health": Row(READ, 200, 200, 200, 200, 200),
    # tokens: the own ones, or all for superusers
    "list_tokens": Row(READ, 200, 200, 200, 200, 200),
    "create_token": Row(SITE, 403, 403, 403, 403, 201, TOKEN),
    "read_token": Row(READ, 404, 404, 404, 404, 200),
    "revoke_token": Row(SITE, 403, 403, 403, 403, 200),
    # Only a token has one.
    "read_current_token": Row(READ, 404, 404, 404, 404, 200),
}

USERS = ("viewer", "owner", "other", "auditor", "canceller", "superuser")

WORLD_OF = {
    "retry_job": {"id": "failed"},
    "follow_configuration": {"id": "assigned"},
    "unassign_role": {"id": "assigned"},
}
"""What an operation is tried on, where the usual is not fit for it."""


USUAL = {
    "jobs": "running",
    "schedules": "schedule",
    "devices": "device",
    "unknown-senders": "sender",
    "listeners": "listener",
    "tokens": "token",
}
"""What an operation is tried on, by the first part of its path."""


NAMES = {"/rules/{id}/": "/rules/R1/", "/profiles/{name}/": "/profiles/csd/"}
"""What is addressed by a name that everybody has."""


def operations() -> dict[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method, path)
        for path, methods in shipped()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_is_in_the_table() -> None:
    assert set(TABLE) == set(operations())


@pytest.fixture
def world(db: None, settings: Any) -> World:
    rates = dict.fromkeys(("read", "anonymous", "compute"))
    settings.PRESTAGE = settings.PRESTAGE | INVENTORY | {"API_RATES": rates}
    return make_world()


@pytest.mark.parametrize("operation", TABLE)
def test_every_operation_for_every_kind_of_caller(operation: str, world: World) -> None:
    row = TABLE[operation]
    callers: list[tuple[str, APIClient, int]] = [("anonymous", client_of(None), 401)]
    for name in USERS:
        status = getattr(row, name)
        if status is None:
            status = row.canceller
        if (operation, name) == ("read_current_token", "superuser"):
            status = 404
        callers.append((name, client_of(world.users[name]), status))
    for name, secret in world.tokens.items():
        status = row.superuser if name == row.scope else 403
        if name in {"expired", "revoked"}:
            status = 401
        callers.append((f"token {name}", client_with(secret), status))

    answers = {name: ask(operation, client, world) for name, client, _status in callers}

    assert answers == {name: status for name, _client, status in callers}


def ask(operation: str, client: APIClient, world: World) -> int:
    """Carry out an operation, and take back what it did."""
    with transaction.atomic():
        response = send(operation, client, world)
        transaction.set_rollback(True)
    problem = response.headers["Content-Type"] if response.status_code >= 400 else None
    assert problem in {None, "application/problem+json"}
    assert str(response.status_code) in _documented(operation), (operation, response.status_code)
    return int(response.status_code)


def send(operation: str, client: APIClient, world: World) -> Any:
    """Send what the table says of an operation."""
    method, template = operations()[operation]
    path = NAMES.get(template, template)
    kind = template.split("/")[1]
    usual = USUAL.get(kind, "")
    names = {"id": usual, "exception_id": "exception"} | WORLD_OF.get(operation, {})
    for parameter, name in names.items():
        if f"{{{parameter}}}" in path:
            path = path.replace(f"{{{parameter}}}", str(getattr(world, name)))
    body = {
        key: [getattr(world, name) for name in value] if key == "ids" else value
        for key, value in TABLE[operation].body.items()
    }
    call = getattr(client, method)
    address = f"{API}{path}{TABLE[operation].query}"
    return call(address) if method == "get" else call(address, body, format="json")


def _documented(operation: str) -> set[str]:
    method, path = operations()[operation]
    return set(shipped()["paths"][path][method]["responses"])
