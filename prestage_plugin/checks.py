"""System checks: what `manage.py check` says about a site's settings before it bites."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.module_loading import import_string

from nornir_tasks.errors import PrestageError
from nornir_tasks.rules import CapabilityPolicy, get_profile
from prestage_plugin.api_checks import check_api
from prestage_plugin.conf import PrestageSettings, get_settings
from prestage_plugin.event_checks import check_events
from prestage_plugin.notification_checks import check_notifications
from prestage_plugin.webhook_checks import check_webhooks

__all__ = ["check_cluster", "check_database", "check_settings"]

LONGEST_SHARD_MARGIN = 60
"""Seconds that django-q2's `retry` must exceed its `timeout` by."""


@register(Tags.compatibility)
def check_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Report what is wrong in `PRESTAGE`."""
    del app_configs
    try:
        prestage = get_settings()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="prestage.E001")]
    return [
        *_check_inventory(prestage),
        *_check_rules(prestage),
        *_check_numbers(prestage),
        *_check_dependencies(prestage),
        *check_api(prestage),
        *check_notifications(prestage),
        *check_webhooks(prestage),
        *check_events(prestage),
    ]


@register(Tags.compatibility)
def check_cluster(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Report options of `Q_CLUSTER` that lose or repeat work."""
    del app_configs
    options: dict[str, Any] | None = getattr(settings, "Q_CLUSTER", None)
    if options is None:
        return [
            Error(
                "Q_CLUSTER is not set, so no job would ever run.",
                hint="Q_CLUSTER = CLUSTER_OPTIONS, from prestage_plugin.queue, is a good start.",
                id="prestage.E010",
            )
        ]
    messages: list[CheckMessage] = []
    timeout, retry = options.get("timeout"), options.get("retry", 60)
    if not isinstance(timeout, int) or retry < timeout + LONGEST_SHARD_MARGIN:
        messages.append(
            Error(
                f"Q_CLUSTER needs an integer `timeout` and a `retry` at least "
                f"{LONGEST_SHARD_MARGIN} seconds above it.",
                hint="Otherwise django-q2 hands out work again that is still being done.",
                id="prestage.E011",
            )
        )
    elif timeout < _longest_shard():
        messages.append(
            Warning(
                f"Q_CLUSTER's `timeout` of {timeout} s is shorter than a shard can take, "
                f"{_longest_shard():.0f} s.",
                hint="Raise it, or lower SHARD_SECONDS or DEVICE_DEADLINE in PRESTAGE.",
                id="prestage.W015",
            )
        )
    if not options.get("ack_failures") or options.get("max_attempts") != 1:
        messages.append(
            Warning(
                "Q_CLUSTER should set `ack_failures` to True and `max_attempts` to 1.",
                hint="Otherwise django-q2 repeats a failed message for ever.",
                id="prestage.W012",
            )
        )
    if options.get("sync"):
        messages.append(
            Warning(
                "Q_CLUSTER sets `sync`: jobs run inside the request that starts them.",
                id="prestage.W013",
            )
        )
    return messages


@register(Tags.database)
def check_database(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Report an SQLite database whose writers fail instead of waiting for each other."""
    del app_configs
    database = connections["default"].settings_dict
    if not database["ENGINE"].endswith("sqlite3"):
        return []
    if database["OPTIONS"].get("transaction_mode") == "IMMEDIATE":
        return []
    return [
        Warning(
            "Jobs and pages write to SQLite at the same time and can fail with `database is "
            "locked`.",
            hint='Set OPTIONS = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": '
            '"PRAGMA journal_mode=WAL;"} for the database.',
            id="prestage.W014",
        )
    ]


def _longest_shard() -> float:
    """Seconds: a device that starts when the shard's time is up still has its whole deadline."""
    try:
        site = get_settings()
    except ImproperlyConfigured:
        return 0  # `check_settings` reports it
    return site.shard_seconds + site.device_deadline + site.lease


def _check_inventory(prestage: PrestageSettings) -> list[CheckMessage]:
    if prestage.nornir_config is None:
        if prestage.nornir_options:
            return []
        return [
            Warning(
                "PRESTAGE names no Nornir inventory, so there is nothing to prestage.",
                hint='Set "NORNIR_CONFIG" to the path of a Nornir config.yaml.',
                id="prestage.W002",
            )
        ]
    if not Path(prestage.nornir_config).is_file():
        return [
            Warning(
                f"PRESTAGE['NORNIR_CONFIG'] names {prestage.nornir_config}, which does not exist.",
                id="prestage.W003",
            )
        ]
    return []


def _check_rules(prestage: PrestageSettings) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    try:
        get_profile(prestage.profile)
    except PrestageError as error:
        messages.append(Error(error.text, id="prestage.E004"))
    if prestage.capability_policy not in list(CapabilityPolicy):
        messages.append(
            Error(
                f"PRESTAGE['CAPABILITY_POLICY'] must be one of {', '.join(CapabilityPolicy)}.",
                id="prestage.E005",
            )
        )
    return messages


def _check_numbers(prestage: PrestageSettings) -> list[CheckMessage]:
    messages: list[CheckMessage] = [
        Error(f"PRESTAGE['{name.upper()}'] must be greater than 0.", id="prestage.E006")
        for name in (
            "shard_size",
            "shard_seconds",
            "workers",
            "most_workers",
            "logins",
            "device_deadline",
            "lease",
            "auto_wait",
            "auto_idle",
            "auto_jobs",
        )
        if getattr(prestage, name) <= 0
    ]
    if not 0 <= prestage.failure_threshold <= 100:
        messages.append(
            Error(
                "PRESTAGE['FAILURE_THRESHOLD'] is a percentage from 0 to 100.", id="prestage.E007"
            )
        )
    if not isinstance(prestage.retention_days, int) or prestage.retention_days < 0:
        messages.append(
            Error(
                "PRESTAGE['RETENTION_DAYS'] is a whole number of days; 0 keeps jobs for ever.",
                id="prestage.E008",
            )
        )
    return messages


def _check_dependencies(prestage: PrestageSettings) -> list[CheckMessage]:
    path = prestage.role_dependencies
    if path is None:
        return []
    try:
        if callable(import_string(path)):
            return []
        problem = "is not callable"
    except Exception as error:  # noqa: BLE001 - whatever a site's own module raises on import
        problem = f"cannot be imported ({type(error).__name__})"
    return [
        Error(
            f"PRESTAGE['ROLE_DEPENDENCIES'] names {path!r}, which {problem}.",
            hint="It is the dotted path of a callable that says what uses the roles of devices; "
            "no role can be taken back before it is there.",
            id="prestage.E009",
        )
    ]
