"""What all senders share: they start on a word, tell what they sent, and wait to be dismissed.

They stay alive until then so that their CPU can still be read.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["run"]


def run(send: Callable[..., Mapping[str, Any]]) -> None:
    """Be a sender.

    Args:
        send: Gets what the first line of the standard input holds, keyword arguments as JSON, and
            returns what it counted.
    """
    options = json.loads(sys.stdin.readline())
    began = time.time()
    counts = send(**options)
    _say({"began": began, "ended": time.time(), **counts})
    sys.stdin.read()


def _say(document: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()
