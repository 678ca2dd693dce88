"""The tables: the truth about jobs and roles. Only `prestage_plugin.services` writes to them."""

from prestage_plugin.models.api_token import ApiToken, ApiTokenQuerySet
from prestage_plugin.models.auto_settings import AutoSettings
from prestage_plugin.models.change_event import ChangeEvent
from prestage_plugin.models.chore import Chore
from prestage_plugin.models.deployment import Deployment
from prestage_plugin.models.device import Device, DeviceQuerySet
from prestage_plugin.models.device_change import DeviceChange
from prestage_plugin.models.device_lists import Drift, Recommendation
from prestage_plugin.models.evaluation import DeviceEvaluation
from prestage_plugin.models.idempotent_request import IdempotentRequest
from prestage_plugin.models.job import SYSTEM_USER, Job, JobQuerySet
from prestage_plugin.models.job_device import JobDevice
from prestage_plugin.models.listener_status import ListenerStatus
from prestage_plugin.models.notification import Notification, NotificationQuerySet
from prestage_plugin.models.role_change import RoleChange
from prestage_plugin.models.role_exception import RoleException
from prestage_plugin.models.schedule import Schedule
from prestage_plugin.models.shard import Shard
from prestage_plugin.models.transition import JobTransition
from prestage_plugin.models.unknown_sender import UnknownSender
from prestage_plugin.models.user_preferences import UserPreferences
from prestage_plugin.models.webhook_receipt import WebhookReceipt
from prestage_plugin.models.worker import Worker

__all__ = [
    "SYSTEM_USER",
    "ApiToken",
    "ApiTokenQuerySet",
    "AutoSettings",
    "ChangeEvent",
    "Chore",
    "Deployment",
    "Device",
    "DeviceChange",
    "DeviceEvaluation",
    "DeviceQuerySet",
    "Drift",
    "IdempotentRequest",
    "Job",
    "JobDevice",
    "JobQuerySet",
    "JobTransition",
    "ListenerStatus",
    "Notification",
    "NotificationQuerySet",
    "Recommendation",
    "RoleChange",
    "RoleException",
    "Schedule",
    "Shard",
    "UnknownSender",
    "UserPreferences",
    "WebhookReceipt",
    "Worker",
]
