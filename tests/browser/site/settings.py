"""Settings of the site that the browser tests look at."""

from tests.settings import *  # noqa: F403 - the site of all tests
from tests.settings import MIDDLEWARE

MIDDLEWARE = ["tests.browser.site.policy.ContentPolicy", *MIDDLEWARE]
ROOT_URLCONF = "tests.browser.site.urls"
