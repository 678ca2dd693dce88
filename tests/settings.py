"""Settings of the tests: the ready-made site's, with what only tests need."""

from prestage_plugin.site.settings import *  # noqa: F403
