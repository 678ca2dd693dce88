"""What can be done with jobs: each with a forecast, a confirmation and a count of what was done."""

from prestage_plugin.admin.jobs.actions.cancel import Cancel
from prestage_plugin.admin.jobs.actions.force_stop import ForceStop
from prestage_plugin.admin.jobs.actions.reassign import Reassign
from prestage_plugin.admin.jobs.actions.retry import RetryFailed, RunAgain
from prestage_plugin.admin.verbs import Verb
from prestage_plugin.models import Job

__all__ = ["VERBS", "Cancel", "ForceStop", "Reassign", "RetryFailed", "RunAgain", "Verb"]

VERBS: dict[str, type[Verb[Job]]] = {
    verb.name: verb for verb in (Cancel, ForceStop, RetryFailed, RunAgain, Reassign)
}
"""By the name of the action."""
