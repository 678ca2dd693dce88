"""Settings of the ready-made site; the environment variables are listed in the package."""

import os
from pathlib import Path
from typing import Any

from prestage_plugin.queue import CLUSTER_OPTIONS
from prestage_plugin.site.secret_key import load_secret_key
from prestage_plugin.site.services import broker_options, database, webhook_secrets

DATA = Path(os.environ.get("PRESTAGE_DATA", "var")).resolve()
DATA.mkdir(parents=True, exist_ok=True)
DEVELOPMENT = os.environ.get("PRESTAGE_DEVELOPMENT") == "1"

DEBUG = DEVELOPMENT
SECRET_KEY = load_secret_key(DATA)
ALLOWED_HOSTS = [
    host.strip()
    for host in os.environ.get("PRESTAGE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "rest_framework",
    "prestage_plugin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "prestage_plugin.site.urls"
WSGI_APPLICATION = "prestage_plugin.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The admin's index with a box of ours; a site of somebody else decides about its own.
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(os.environ, folder=DATA)}
CACHES = {
    # django-q2's processes tell each other how they are through the cache.
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA / "cache",
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = os.environ.get("PRESTAGE_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
LOGIN_URL = "admin:login"

if not DEVELOPMENT:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # What `prestage_listen` receives, once a minute.
    "loggers": {"prestage_plugin.events": {"level": "INFO"}},
}

Q_CLUSTER = CLUSTER_OPTIONS | broker_options(os.environ)

PRESTAGE: dict[str, Any] = {
    "NORNIR_CONFIG": os.environ.get("PRESTAGE_NORNIR_CONFIG", "inventory/config.yaml"),
    "WEBHOOK_SECRETS": webhook_secrets(os.environ),
}
