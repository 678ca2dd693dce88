"""The Django admin: jobs, devices, roles, events. Parse, authorise, call a service, render."""

from prestage_plugin.admin.devices.device_admin import DeviceAdmin
from prestage_plugin.admin.events.auto_admin import AutoSettingsAdmin
from prestage_plugin.admin.events.event_admin import ChangeEventAdmin, UnknownSenderAdmin
from prestage_plugin.admin.events.listener_admin import ListenerStatusAdmin
from prestage_plugin.admin.jobs.job_admin import JobAdmin
from prestage_plugin.admin.jobs.schedule_admin import ScheduleAdmin
from prestage_plugin.admin.roles.discovery_admin import DiscoveryPage
from prestage_plugin.admin.roles.drift_admin import DriftAdmin
from prestage_plugin.admin.roles.recommendation_admin import RecommendationAdmin
from prestage_plugin.admin.rules.rules_admin import RulesPage
from prestage_plugin.admin.task_queue import lock_task_queue
from prestage_plugin.admin.tokens.token_admin import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "AutoSettingsAdmin",
    "ChangeEventAdmin",
    "DeviceAdmin",
    "DiscoveryPage",
    "DriftAdmin",
    "JobAdmin",
    "ListenerStatusAdmin",
    "RecommendationAdmin",
    "RulesPage",
    "ScheduleAdmin",
    "UnknownSenderAdmin",
    "lock_task_queue",
]
