"""The Django admin: jobs and devices. Parse, authorise, call a service, render."""

from prestage_plugin.admin.device_admin import DeviceAdmin
from prestage_plugin.admin.job_admin import JobAdmin
from prestage_plugin.admin.task_queue import lock_task_queue

__all__ = ["DeviceAdmin", "JobAdmin", "lock_task_queue"]
