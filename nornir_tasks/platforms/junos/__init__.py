"""Junos over NETCONF (prestaging spec, section 5)."""

from nornir_tasks.platforms.junos.platform import JunosPlatform

__all__ = ["JunosPlatform"]
