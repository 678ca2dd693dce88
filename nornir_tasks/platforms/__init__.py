"""Platforms by name: from a device's XML to facts. To add one: one module and one entry here."""

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.platforms.base import Platform
from nornir_tasks.platforms.junos import JunosPlatform

__all__ = ["Platform", "get_platform", "platform_names"]

_PLATFORMS: tuple[Platform, ...] = (JunosPlatform(),)
_BY_NAME: dict[str, Platform] = {platform.name: platform for platform in _PLATFORMS}
# What other tools call the same platform: netmiko's name, which many inventories hold.
_ALIASES = {"juniper_junos": "junos"}


def platform_names() -> tuple[str, ...]:
    """Return every name that `get_platform` knows, aliases included."""
    return (*_BY_NAME, *_ALIASES)


def get_platform(name: str | None) -> Platform:
    """Return the platform with this name; upper and lower case are the same.

    Args:
        name: The host's `platform` in the inventory, e.g. `junos`; None when it has none.

    Raises:
        PrestageError: `unsupported-platform` when there is no such platform.
    """
    wanted = (name or "").strip().lower()
    platform = _BY_NAME.get(_ALIASES.get(wanted, wanted))
    if platform is None:
        problem = f"the platform {name!r} is not supported" if wanted else "no platform is set"
        raise PrestageError(
            ErrorCode.UNSUPPORTED_PLATFORM,
            f"{problem[0].upper()}{problem[1:]}; use one of: {', '.join(platform_names())}.",
        )
    return platform
