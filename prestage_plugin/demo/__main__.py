"""Entry point of `python -m prestage_plugin.demo`."""

import sys

from prestage_plugin.demo.cli import main

sys.exit(main())
