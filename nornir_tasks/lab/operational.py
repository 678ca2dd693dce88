"""What a router answers about itself beside its configuration."""

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from lxml import etree

from nornir_tasks.lab.messages import JUNOS_NAMESPACE
from nornir_tasks.lab.tree import entry_name, is_active

__all__ = ["interface_information", "system_information"]


def interface_information(configuration: etree._Element, ports: Mapping[str, str]) -> str:
    """Return the reply to `get-interface-information` in terse style.

    Values stand on lines of their own, as Junos prints operational data over NETCONF.

    Args:
        configuration: The committed configuration with groups expanded.
        ports: Operational status of each port in the chassis; ports that only the configuration
            names are not in the chassis and so not in the reply.
    """
    disabled: set[str] = set()
    units: dict[str, list[etree._Element]] = {}
    for interface in _interfaces(configuration):
        name = entry_name(interface) or ""
        if interface.find("disable") is not None:
            disabled.add(name)
        units.setdefault(name, []).extend(
            unit for unit in interface.iterchildren("unit") if is_active(unit)
        )
    entries = (
        _physical(name, disabled=name in disabled, oper=oper, units=units.get(name, []))
        for name, oper in sorted(ports.items())
    )
    return (
        f'<interface-information xmlns="{JUNOS_NAMESPACE}-interface" junos:style="terse">\n'
        f"{''.join(entries)}</interface-information>\n"
    )


def system_information(host_name: str) -> str:
    """Return the reply to `get-system-information`."""
    return (
        "<system-information>\n<hardware-model>mx480</hardware-model>\n<os-name>junos</os-name>\n"
        "<os-version>22.4R3.25</os-version>\n<serial-number>LAB000000001</serial-number>\n"
        f"<host-name>{escape(host_name)}</host-name>\n</system-information>\n"
    )


def _interfaces(configuration: etree._Element) -> Iterator[etree._Element]:
    systems = [
        configuration,
        *(entry for entry in configuration.iterchildren("logical-systems") if is_active(entry)),
    ]
    for system in systems:
        for branch in system.iterchildren("interfaces"):
            if is_active(branch):
                yield from (entry for entry in branch.iterchildren("interface") if is_active(entry))


def _physical(name: str, *, disabled: bool, oper: str, units: list[etree._Element]) -> str:
    admin = "down" if disabled else "up"
    status = "down" if disabled else oper
    logical = "".join(_logical(name, unit, status) for unit in units)
    return (
        f"<physical-interface>\n<name>\n{escape(name)}\n</name>\n<admin-status>\n{admin}\n"
        f"</admin-status>\n<oper-status>\n{status}\n</oper-status>\n{logical}"
        "</physical-interface>\n"
    )


def _logical(name: str, unit: etree._Element, status: str) -> str:
    families = "".join(
        "<address-family>\n<address-family-name>\n"
        f"{escape(str(family.tag))}\n</address-family-name>\n</address-family>\n"
        for parent in unit.iterchildren("family")
        for family in parent.iterchildren("*")
    )
    return (
        f"<logical-interface>\n<name>\n{escape(name)}.{escape(entry_name(unit) or '')}\n</name>\n"
        f"<admin-status>\nup\n</admin-status>\n<oper-status>\n{status}\n</oper-status>\n"
        f"{families}</logical-interface>\n"
    )
