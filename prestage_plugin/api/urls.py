"""Addresses of the REST API: each resource brings its own."""

from django.urls import re_path

from prestage_plugin.api.auto_settings.urls import urlpatterns as auto_settings
from prestage_plugin.api.classify.urls import urlpatterns as classify
from prestage_plugin.api.core.view import NothingHereView
from prestage_plugin.api.devices.urls import urlpatterns as devices
from prestage_plugin.api.drift.urls import urlpatterns as drift
from prestage_plugin.api.events.urls import urlpatterns as events
from prestage_plugin.api.health.urls import urlpatterns as health
from prestage_plugin.api.jobs.urls import urlpatterns as jobs
from prestage_plugin.api.listeners.urls import urlpatterns as listeners
from prestage_plugin.api.recommendations.urls import urlpatterns as recommendations
from prestage_plugin.api.root.urls import urlpatterns as root
from prestage_plugin.api.rules.urls import urlpatterns as rules
from prestage_plugin.api.schedules.urls import urlpatterns as schedules
from prestage_plugin.api.schema.urls import urlpatterns as schema
from prestage_plugin.api.statistics.urls import urlpatterns as statistics
from prestage_plugin.api.streams.urls import urlpatterns as streams
from prestage_plugin.api.tokens.urls import urlpatterns as tokens
from prestage_plugin.api.what_if.urls import urlpatterns as what_if

urlpatterns = [
    *root,
    *jobs,
    *streams,
    *schedules,
    *devices,
    *recommendations,
    *drift,
    *rules,
    *classify,
    *what_if,
    *events,
    *listeners,
    *auto_settings,
    *health,
    *statistics,
    *tokens,
    *schema,
    re_path("", NothingHereView.as_view()),
]
