"""What a correct client must find out about a simulated device (prestaging spec, 3 and 4)."""

from dataclasses import dataclass, field
from typing import Any

from nornir_tasks.errors import ErrorCode
from nornir_tasks.evaluation import Role

__all__ = ["Truth"]


@dataclass(frozen=True, slots=True)
class Truth:
    """The answer that the spec demands for one device or logical system.

    Attributes:
        role_csd: Role under profile `csd`, capability policy `any`.
        role_extended: Role under profile `extended`, capability policy `any`.
        loopback: The chosen loopback address, None when there is none.
        uni: Names of the interfaces that are recommended as UNI, sorted as text. The interface
            rules do not depend on the role, so a P router has them as well.
        error_code: What a client must report when the device is faulty; None when it succeeds.
        logical_systems: The truth of each logical system, by its name (without the router's).
    """

    role_csd: Role
    role_extended: Role
    loopback: str | None
    uni: tuple[str, ...] = ()
    error_code: ErrorCode | None = None
    logical_systems: dict[str, "Truth"] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {
            "role_csd": str(self.role_csd),
            "role_extended": str(self.role_extended),
            "loopback": self.loopback,
            "uni": list(self.uni),
            "error_code": None if self.error_code is None else str(self.error_code),
            "logical_systems": {
                name: truth.as_dict() for name, truth in self.logical_systems.items()
            },
        }
