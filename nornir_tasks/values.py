"""Dataclasses for the values of which every device has hundreds.

A frozen dataclass sets each of its fields through `object.__setattr__`, which takes twice as long
as to set them: that was a fifth of the time from a parsed reply to a verdict. So `value` leaves it
to the type checker to refuse who changes one.
"""

from typing import TYPE_CHECKING

__all__ = ["value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool):
        """Return a decorator: `dataclass` without the guard, and with the hash of a frozen one."""
        return dataclass(slots=slots, unsafe_hash=frozen)
