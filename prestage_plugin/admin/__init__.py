"""The Django admin: jobs, devices, tokens. Parse, authorise, call a service, render."""

from prestage_plugin.admin.auto_admin import AutoSettingsAdmin
from prestage_plugin.admin.device_admin import DeviceAdmin
from prestage_plugin.admin.event_admin import ChangeEventAdmin, UnknownSenderAdmin
from prestage_plugin.admin.job_admin import JobAdmin
from prestage_plugin.admin.listener_admin import ListenerStatusAdmin
from prestage_plugin.admin.task_queue import lock_task_queue
from prestage_plugin.admin.token_admin import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "AutoSettingsAdmin",
    "ChangeEventAdmin",
    "DeviceAdmin",
    "JobAdmin",
    "ListenerStatusAdmin",
    "UnknownSenderAdmin",
    "lock_task_queue",
]
