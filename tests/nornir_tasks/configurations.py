"""Junos configurations in a few words, for tests."""

from nornir_tasks.evaluation import Evaluation
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.platforms import get_platform
from nornir_tasks.rules import evaluate
from nornir_tasks.xml import parse_document

LOOPBACK = (
    "<interface><name>lo0</name><unit><name>0</name><family><inet>"
    "<address><name>192.0.2.1/32</name></address></inet></family></unit></interface>"
)


def device(
    *, interfaces: str = "", loopback: str = LOOPBACK, protocols: str = "", rest: str = ""
) -> str:
    """Return a router with a loopback, and with what else is given."""
    return (
        f"<configuration><system><host-name>r</host-name></system>"
        f"<interfaces>{loopback}{interfaces}</interfaces>"
        f"<protocols>{protocols}</protocols>{rest}</configuration>"
    )


def port(name: str, content: str = "") -> str:
    return f"<interface><name>{name}</name>{content}</interface>"


def unit(number: int = 0, families: str = "", content: str = "") -> str:
    return f"<unit><name>{number}</name>{content}<family>{families}</family></unit>"


def group(name: str, content: str) -> str:
    return f"<bgp><group><name>{name}</name>{content}</group></bgp>"


def facts_of(text: str) -> tuple[DeviceFacts, ...]:
    return get_platform("junos").facts_from_document(None, parse_document(text.encode()))


def verdicts_of(text: str, profile: str = "csd", policy: str = "any") -> Evaluation:
    return evaluate(facts_of(text)[0], profile=profile, capability_policy=policy)
