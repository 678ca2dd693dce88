"""Entry point of `python -m nornir_tasks`."""

import sys

from nornir_tasks.cli import main

sys.exit(main())
