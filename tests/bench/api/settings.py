"""The ready-made site as it is measured: as in production, and nobody is asked to slow down."""

from tests.bench.settings import *  # noqa: F403
from tests.bench.settings import PRESTAGE

# It would keep every statement in memory.
DEBUG = False
ALLOWED_HOSTS = ["*"]
PRESTAGE |= {"API_RATES": {"read": None}}
