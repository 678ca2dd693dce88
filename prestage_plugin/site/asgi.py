"""ASGI entry point of the ready-made site."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prestage_plugin.site.settings")
application = get_asgi_application()
