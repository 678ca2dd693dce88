"""Repairs of dependencies, each with a test that tells when upstream no longer needs it."""

from typing import List, Optional  # noqa: UP035 - the very names that nornir-netconf imports

import nornir.core.task

__all__ = ["restore_typing_names"]


def restore_typing_names() -> None:
    """Give `nornir.core.task` the typing names back that it had until 3.5.

    The tasks of nornir-netconf 2.1.0 import `Optional` and `List` from there; nornir 3.6 does not
    have them any more, and `import nornir_netconf.plugins.tasks` fails.
    """
    for name, value in (("Optional", Optional), ("List", List)):  # noqa: UP006 - see above
        if not hasattr(nornir.core.task, name):
            setattr(nornir.core.task, name, value)
