"""Unknown senders that people have dealt with."""

from collections.abc import Iterable

from prestage_plugin.models import UnknownSender

__all__ = ["forget_senders"]


def forget_senders(*, sender_ids: Iterable[int]) -> int:
    """Forget senders; one that is heard of again is counted anew.

    Args:
        sender_ids: Primary keys.

    Returns:
        How many there were.
    """
    deleted, _by_model = UnknownSender.objects.filter(pk__in=list(sender_ids)).delete()
    return deleted
