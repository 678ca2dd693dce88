"""WSGI entry point of the ready-made site."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prestage_plugin.site.settings")
application = get_wsgi_application()
