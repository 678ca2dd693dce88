"""A configuration for each rule that it matches: shown to people, and checked by the tests."""

from collections.abc import Mapping
from typing import Final

__all__ = ["SAMPLES"]


def _configuration(*branches: str) -> str:
    return f"<configuration>{''.join(branches)}</configuration>"


def _protocols(text: str) -> str:
    return f"<protocols>{text}</protocols>"


def _port(text: str = "", name: str = "ge-0/0/1") -> str:
    return f"<interfaces><interface><name>{name}</name>{text}</interface></interfaces>"


def _unit(text: str = "") -> str:
    return f"<unit><name>0</name>{text}</unit>"


def _family(text: str) -> str:
    return _unit(f"<family>{text}</family>")


_GROUP = "<bgp><group><name>CORE</name>{}</group></bgp>"
_ADDRESS = "<inet><address><name>192.0.2.1/32</name></address></inet>"

SAMPLES: Final[Mapping[str, str]] = {
    "R1": _configuration(
        '<junos:comment xmlns:junos="http://xml.juniper.net/junos/22.4R1/junos">'
        "/* N-PE */</junos:comment><system><host-name>pe1</host-name></system>"
    ),
    "R2": _configuration(_protocols(_GROUP.format("<type>external</type>"))),
    "R3": _configuration(_port(_family(_ADDRESS), "lo0")),
    "R4": _configuration(_protocols("<ldp><interface><name>lo0.0</name></interface></ldp>")),
    "R5": _configuration(_protocols(_GROUP.format("<family><l2vpn><signaling/></l2vpn></family>"))),
    "R6": _configuration(
        _protocols(_GROUP.format("<family><inet-vpn><unicast/></inet-vpn></family>"))
    ),
    "management": _configuration(_port(_family("<inet/>"), "fxp0")),
    "pseudo": _configuration(_port(_family("<inet/>"), "irb")),
    "ethernet-port": _configuration(_port(name="so-0/0/0")),
    "lag-member": _configuration(
        _port(
            "<gigether-options><ieee-802.3ad><bundle>ae0</bundle></ieee-802.3ad></gigether-options>"
        )
    ),
    "redundant-member": _configuration(
        _port(
            "<gigether-options><redundant-parent><parent>reth0</parent></redundant-parent>"
            "</gigether-options>"
        )
    ),
    "core": _configuration(_port(_family("<inet/><mpls/>"))),
    "global-l3": _configuration(_port(_family(_ADDRESS))),
    "in-service": _configuration(
        _port(_family(_ADDRESS)),
        "<routing-instances><instance><name>A</name><instance-type>vrf</instance-type>"
        "<interface><name>ge-0/0/1.0</name></interface></instance></routing-instances>",
    ),
    "free": _configuration(_port("<description>spare</description>")),
    "no-service": _configuration(_port(_unit())),
    "disabled": _configuration(_port("<disable/>")),
    "down": (
        "<interface-information><physical-interface><name>ge-0/0/1</name>"
        "<oper-status>down</oper-status></physical-interface></interface-information>"
    ),
}
