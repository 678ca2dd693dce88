"""WSGI entry point of the ready-made site."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prestage_plugin.site.settings")

# To open a connection costs more than to take a webhook. Only web processes keep theirs: a worker
# asks for few, and opens new ones so that it survives a database that was away.
settings.DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

application = get_wsgi_application()
