"""What can be done with the roles of devices: each with a forecast and a count of what was done."""

from prestage_plugin.admin.roles.actions.assign import Assign
from prestage_plugin.admin.roles.actions.follow import Follow
from prestage_plugin.admin.roles.actions.unassign import Unassign

__all__ = ["Assign", "Follow", "Unassign"]
