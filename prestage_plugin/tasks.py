"""What django-q2 calls: entry points without logic. All return None (dependency-traps A.2)."""

from prestage_plugin import execution, garbage
from prestage_plugin.services import tick as tick_service
from prestage_plugin.services.workers import give_proof

__all__ = ["run_shard", "sing", "tick"]


def run_shard(shard_id: int) -> None:
    """Run one shard, or do nothing when it is not there to be run.

    Args:
        shard_id: Primary key of the shard.
    """
    garbage.collect_rarely()
    execution.run_shard(shard_id)


def tick() -> None:
    """Start what is due and recover what was lost."""
    tick_service.tick()


def sing() -> None:
    """The canary: prove that this cluster carries messages."""
    give_proof()
