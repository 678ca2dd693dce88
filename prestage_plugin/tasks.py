"""What django-q2 calls: two entry points without logic. Both return None (dependency-traps A.2)."""

from prestage_plugin import execution
from prestage_plugin.services import tick as tick_service

__all__ = ["run_shard", "tick"]


def run_shard(shard_id: int) -> None:
    """Run one shard, or do nothing when it is not there to be run.

    Args:
        shard_id: Primary key of the shard.
    """
    execution.run_shard(shard_id)


def tick() -> None:
    """Start what is due and recover what was lost."""
    tick_service.tick()
