"""Processors that cannot break a run: whatever one raises is logged and goes no further."""

import logging
from typing import Any

from nornir.core.inventory import Host
from nornir.core.processor import Processors
from nornir.core.task import MultiResult, Task

from nornir_tasks.results import explain

__all__ = ["ShieldedProcessors", "shielded"]

_logger = logging.getLogger(__name__)


class ShieldedProcessors(Processors):
    """Calls each processor on its own; Nornir would let one lose the results of all hosts."""

    def task_instance_started(self, task: Task, host: Host) -> None:
        """Tell every processor that a host begins."""
        self._each("task_instance_started", task, host)

    def task_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """Tell every processor that a host has ended."""
        self._each("task_instance_completed", task, host, result)

    def subtask_instance_started(self, task: Task, host: Host) -> None:
        """Tell every processor that a sub task begins."""
        self._each("subtask_instance_started", task, host)

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """Tell every processor that a sub task has ended."""
        self._each("subtask_instance_completed", task, host, result)

    def _each(self, method: str, *arguments: Any) -> None:
        for processor in self:
            try:
                getattr(processor, method)(*arguments)
            except Exception as error:  # noqa: BLE001 - a plugin's defect is not the host's
                _logger.error(  # noqa: TRY400 - a traceback could show secrets
                    "Processor %s failed in %s: %s",
                    type(processor).__name__,
                    method,
                    explain(error),
                )


def shielded(task: Task) -> Task:
    """Return a copy of `task` whose processors are shielded, as are those of its sub tasks."""
    template = task.copy()
    template.processors = ShieldedProcessors(task.processors)
    return template
