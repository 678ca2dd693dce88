"""The settings of auto prestaging as they hold now: the site's, and what people changed since."""

from dataclasses import dataclass

from prestage_plugin.conf import get_settings
from prestage_plugin.models import AutoSettings

__all__ = ["AutoPolicy", "auto_policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoPolicy:
    """How changes of devices become jobs.

    Attributes:
        enabled: Whether they do at all.
        wait: Seconds from the first event of a device until its job starts at the latest.
        idle: Seconds without a further event after which it starts earlier.
        most_jobs: Auto jobs that are scheduled or in progress at the same time, at most.
        muted_sources: Sources whose events are recorded and start nothing.
    """

    enabled: bool
    wait: float
    idle: float
    most_jobs: int
    muted_sources: frozenset[str]


def auto_policy() -> AutoPolicy:
    """Return the policy that holds now."""
    site = get_settings()
    row = AutoSettings.objects.first() or AutoSettings()
    return AutoPolicy(
        enabled=site.auto if row.enabled is None else row.enabled,
        wait=site.auto_wait if row.wait is None else row.wait,
        idle=site.auto_idle if row.idle is None else row.idle,
        most_jobs=site.auto_jobs if row.most_jobs is None else row.most_jobs,
        muted_sources=frozenset(row.muted_sources),
    )
