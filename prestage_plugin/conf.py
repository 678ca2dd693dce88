"""Typed settings: the `PRESTAGE` dictionary of a Django site, checked when it is read.

Every key is optional. `manage.py check` reports what is wrong in it (`prestage_plugin.checks`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["API_RATES", "PrestageSettings", "get_settings", "parse_rate"]

API_RATES: Mapping[str, str | None] = {
    "anonymous": "60/minute",
    "read": "6000/minute",
    "jobs": "300/minute",
    "roles": "300/minute",
    "events": "6000/minute",
    "site": "300/minute",
    "compute": "60/minute",
}
"""How often who may ask the API: by scope, strangers, and what makes a web process compute."""

_PERIODS: Mapping[str, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrestageSettings:
    """The plugin's settings, in lower case here and in upper case in `PRESTAGE`.

    Attributes:
        nornir_config: Path of a Nornir configuration file (`config.yaml`). Its inventory plugin
            (YAML, NetBox, Nautobot, ...) is where devices come from.
        nornir_options: Keyword arguments for `InitNornir` beside or instead of the file.
        profile: Name of the rule profile for new jobs.
        capability_policy: `any`, `all` or `none`, for new jobs.
        failure_threshold: Percentage of failed devices that a job survives as Success.
        shard_size: Devices per shard, at most; fewer where every worker process can have a share.
        shard_seconds: Seconds after which a shard starts no further device and is handed back, so
            that others get their turn and a slow one meets no limit of django-q2.
        workers: Devices in flight per shard.
        most_workers: As many may become of them where the engine is asyncssh, as long as a worker
            keeps up with them.
        logins: Simultaneous logins per shard.
        device_deadline: Seconds after which a device is cut off.
        lease: Seconds after which a shard whose lease was not renewed is taken over.
        batch_interval: Longest time in seconds between two writes of results.
        auto: Whether devices that changed are prestaged by themselves.
        auto_wait: Seconds from a device's first event until its auto job starts at the latest.
        auto_idle: Seconds without a further event after which it starts earlier.
        auto_jobs: Auto jobs that are scheduled or in progress at the same time, at most.
        auto_ignored_users: Logins whose changes start nothing; our own account on the devices and
            our service user in NetBox or Nautobot belong here.
        role_dependencies: Dotted path of a callable that says what uses the roles of devices, see
            `services.roles`; while something does, a role cannot be taken back.
        syslog_udp: Addresses and ports at which `prestage_listen` receives syslog over UDP.
        syslog_tcp: The same over TCP.
        syslog_relays: Addresses or networks that send for other devices, whom their messages
            name; all others only speak for themselves.
        netconf_events: Whether `prestage_listen` subscribes to NETCONF notifications: of all
            devices (True), or of those that an expression picks, e.g. `group:pe,!lab*`. It takes a
            session of each device, beside that of a job.
        netconf_events_rate: Sessions that are begun for that in a second, at most. `logins` bounds
            the logins at a time here as well.
        webhook_secrets: Secret of each sender of webhooks by its name, which is part of the URL.
        webhook_window: Seconds that a webhook may be old.
        webhook_own_keys: Keys of a device in NetBox or Nautobot that we write ourselves; an update
            of nothing else starts nothing. A custom field is `custom_fields.NAME`; `*` stands for
            any characters.
        retention_days: Days after their end that jobs are kept; 0 keeps them for ever.
        notify: Which jobs are announced when they end: `failure`, `always` or `never`.
        notify_webhook: URL that gets a signed POST, see `services.notification`.
        notify_secret: Key of the signature. Like the URL it is in no table, log or repr.
        notify_emails: Addresses that get a message.
        api_rates: Requests to the API by scope, e.g. `600/minute`, per token or user; None for no
            limit. `anonymous` counts by address, `compute` what asks the rules again. What is
            given replaces single defaults.
        notify_from: Sender of the messages; Django's `DEFAULT_FROM_EMAIL` when None.
    """

    nornir_config: str | None = None
    nornir_options: dict[str, Any] = field(default_factory=dict)
    profile: str = "csd"
    capability_policy: str = "any"
    failure_threshold: int = 0
    shard_size: int = 2500
    shard_seconds: float = 60.0
    workers: int = 50
    most_workers: int = 600
    logins: int = 25
    device_deadline: float = 180.0
    lease: float = 30.0
    batch_interval: float = 0.5
    auto: bool = True
    auto_wait: float = 20.0
    auto_idle: float = 10.0
    auto_jobs: int = 4
    auto_ignored_users: Sequence[str] = ()
    role_dependencies: str | None = None
    syslog_udp: Sequence[str] = ("0.0.0.0:514",)
    syslog_tcp: Sequence[str] = ()
    syslog_relays: Sequence[str] = ()
    netconf_events: bool | str = False
    netconf_events_rate: float = 20.0
    webhook_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_window: float = 300.0
    webhook_own_keys: Sequence[str] = ("last_updated", "custom_fields.prestage_*")
    retention_days: int = 90
    notify: str = "failure"
    notify_webhook: str | None = field(default=None, repr=False)
    notify_secret: str | None = field(default=None, repr=False)
    notify_emails: Sequence[str] = ()
    notify_from: str | None = None
    api_rates: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.api_rates, Mapping):  # else `manage.py check` says so
            object.__setattr__(self, "api_rates", {**API_RATES, **self.api_rates})

    @classmethod
    @cache
    def known_keys(cls) -> dict[str, str]:
        """Map each key of `PRESTAGE` to the attribute it sets."""
        return {f.name.upper(): f.name for f in fields(cls)}


def parse_rate(rate: str) -> tuple[int, int]:
    """Return the requests and the seconds of a rate such as `600/minute`.

    Raises:
        ValueError: It is no rate.
    """
    count, _slash, period = rate.partition("/")
    if period not in _PERIODS or not (count.isascii() and count.isdigit() and int(count) > 0):
        raise ValueError(rate)
    return int(count), _PERIODS[period]


def get_settings() -> PrestageSettings:
    """Return the site's settings.

    Raises:
        ImproperlyConfigured: `PRESTAGE` has an unknown key.
    """
    configured: dict[str, Any] = getattr(settings, "PRESTAGE", {})
    known = PrestageSettings.known_keys()
    unknown = sorted(set(configured) - set(known))
    if unknown:
        raise ImproperlyConfigured(
            f"PRESTAGE has unknown keys: {', '.join(unknown)}. Known are: {', '.join(known)}."
        )
    return PrestageSettings(**{known[key]: value for key, value in configured.items()})
