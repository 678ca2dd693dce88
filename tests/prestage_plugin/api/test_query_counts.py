"""What every operation asks of the database, and that it asks no more where there is more.

An operation that is missing in the table fails, so that none is added without a number.
"""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.models import ApiToken, AutoSettings, Device, UnknownSender
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.directory import forget_directory
from prestage_plugin.services.events import note_changes
from prestage_plugin.services.listeners import ListenerReport, report
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import ChangeSource, TokenScope
from tests.prestage_plugin.api.conftest import client_with, make_token
from tests.prestage_plugin.api.test_access import (  # noqa: F401 - the fixture
    operations,
    send,
    world,
)
from tests.prestage_plugin.api.world import DAILY, World
from tests.prestage_plugin.factories import make_evaluated_device

pytestmark = pytest.mark.django_db

# One of each is the look-up of the token with its user. A superuser has no permissions to read.
COUNTS = {
    "read_root": 1,
    # jobs
    "list_jobs": 2,
    "start_job": 12,
    "read_job": 3,
    "cancel_job": 8,
    "force_stop_job": 9,
    "retry_job": 17,
    "reassign_job": 10,
    "cancel_jobs": 7,
    "list_job_devices": 3,
    "list_job_transitions": 3,
    "export_job": 5,
    "export_jobs": 8,
    "stream_job": 2,
    # schedules
    "list_schedules": 2,
    "create_schedule": 4,
    "preview_recurrence": 1,
    "read_schedule": 2,
    "change_schedule": 8,
    "preview_schedule": 2,
    "pause_schedule": 11,
    "resume_schedule": 3,
    "run_schedule": 15,
    "cancel_schedule": 11,
    # devices and roles
    "list_devices": 2,
    "find_device": 2,
    "synchronise_devices": 4,
    "read_device": 4,
    "read_evidence": 2,
    "list_device_interfaces": 2,
    "list_role_changes": 3,
    "list_device_jobs": 3,
    "list_device_events": 3,
    "prestage_device": 13,
    "assign_role": 9,
    "follow_configuration": 9,
    "unassign_role": 10,
    "assign_roles": 5,
    "follow_configurations": 3,
    "unassign_roles": 3,
    "mute_device": 8,
    "unmute_device": 9,
    "mute_devices": 5,
    "unmute_devices": 6,
    "list_exceptions": 3,
    "set_exception": 11,
    "read_exception": 3,
    "change_exception": 15,
    "remove_exception": 12,
    # recommendations, rules, numbers
    "list_recommendations": 2,
    "assign_recommendations": 5,
    "list_drift": 2,
    "count_drift": 2,
    "what_if": 4,
    "classify": 1,
    "list_rules": 1,
    "read_rule": 1,
    "list_profiles": 1,
    "read_profile": 1,
    "read_statistics": 7,
    "read_health": 17,
    # events, and what hears of them
    "list_events": 2,
    "report_events": 8,
    "list_unknown_senders": 2,
    "read_unknown_sender": 2,
    "forget_unknown_sender": 4,
    "list_listeners": 2,
    "read_listener": 2,
    "read_auto_settings": 2,
    "change_auto_settings": 10,
    # tokens
    "list_tokens": 2,
    "create_token": 4,
    "read_token": 2,
    "revoke_token": 5,
    "read_current_token": 1,
}

_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
"""How the statements begin that are not counted."""

_MORE = 7


def test_every_operation_has_a_number() -> None:
    assert set(COUNTS) == set(operations())


def test_every_operation_costs_the_same_where_there_is_more(world: World) -> None:  # noqa: F811
    ContentType.objects.get_for_models(ApiToken, AutoSettings, Device, UnknownSender)
    secret = make_token(world.users["superuser"], *TokenScope, name="counted")

    small = {operation: count(operation, secret, world) for operation in COUNTS}
    grow(world)
    large = {operation: count(operation, secret, world) for operation in COUNTS}

    assert small == COUNTS
    assert large == COUNTS


def count(operation: str, secret: str, world: World) -> int:  # noqa: F811
    """Carry out an operation, take back what it did, and return its number of statements."""
    client = client_with(secret)
    forget_directory()
    with transaction.atomic():
        client.get("/prestage/api/v1/rules/")  # so that the use of the token is noted already
        with CaptureQueriesContext(connection) as queries:
            response = send(operation, client, world)
            assert response.status_code < 400 or operation == "stream_job", operation
            if response.streaming:
                response.getvalue()
        transaction.set_rollback(True)
    return sum(not each["sql"].startswith(_TRANSACTIONS) for each in queries.captured_queries)


def grow(world: World) -> None:  # noqa: F811
    """Add rows of every kind."""
    owner, now = world.users["owner"], timezone.now()
    later = JobRequest(
        scope=Scope(kind="devices", devices=("pe1",)), scheduled_for=now + timedelta(days=9)
    )
    daily = Recurrence.from_json(DAILY)
    for number in range(_MORE):
        device = make_evaluated_device(f"more{number}", in_inventory=False)
        note_changes(devices=[device], source=ChangeSource.SYSLOG, detail="commit")
        UnknownSender.objects.create(
            source=ChangeSource.SYSLOG, sender=f"198.51.100.{number}", first_at=now, last_at=now
        )
        report(listener=ListenerReport(name=f"more{number}", started_at=now, counters={}))
        submit_job(request=later, user=owner)
        create_schedule(request=JobRequest(name=f"more{number}"), recurrence=daily, user=owner)
        make_token(world.users["superuser"], "read", name=f"more{number}")
