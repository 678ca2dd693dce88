"""The requests for a Junos device and the way from its replies to facts."""

from collections.abc import Sequence

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.platforms.junos.document import find_configuration
from nornir_tasks.platforms.junos.ports import Status, status_in_document, status_of_ports
from nornir_tasks.platforms.junos.system import (
    COMMIT,
    PLATFORM,
    Source,
    commit_fingerprint,
    fingerprint,
    router_facts,
)
from nornir_tasks.platforms.junos.tree import build_tree
from nornir_tasks.reply import Reply

__all__ = ["JunosPlatform"]

_FILTER = (
    "interfaces",
    "protocols",
    "routing-options",
    "routing-instances",
    "logical-systems",
)


class JunosPlatform:
    """Junos and Junos OS Evolved."""

    @property
    def name(self) -> str:
        """`junos`."""
        return PLATFORM

    def requests(self) -> tuple[etree._Element, ...]:
        """Return the requests: the committed configuration's filtered subtree, then the ports.

        Only `get-configuration` expands groups, and only when asked; its default is the
        candidate (spec section 5).
        """
        configuration = etree.Element(
            "get-configuration", {"database": "committed", "inherit": "inherit"}
        )
        selected = etree.SubElement(configuration, "configuration")
        etree.SubElement(etree.SubElement(selected, "system"), "host-name")
        for branch in _FILTER:
            etree.SubElement(selected, branch)
        ports = etree.Element("get-interface-information")
        etree.SubElement(ports, "terse")
        return configuration, ports

    def probe(self, fingerprint: str) -> etree._Element | None:
        """Return a request for the host name: the commit's time comes with any reply."""
        if not fingerprint.startswith(COMMIT):
            return None
        probe = etree.Element("get-configuration", {"database": "committed"})
        selected = etree.SubElement(probe, "configuration")
        etree.SubElement(etree.SubElement(selected, "system"), "host-name")
        return probe

    def fingerprint(self, reply: etree._Element) -> str:
        """Return the fingerprint; see `Platform.fingerprint`."""
        return commit_fingerprint(find_configuration(reply))

    def facts(self, device: str, replies: Sequence[Reply]) -> tuple[DeviceFacts, ...]:
        """Read the replies to `requests`; see `Platform.facts`."""
        if not replies:
            raise PrestageError(ErrorCode.BAD_REPLY, "The device sent no reply to read.")
        status = status_of_ports(replies[1]) if len(replies) > 1 else None
        return _facts(device, replies[0].document(), status)

    def facts_from_document(
        self, device: str | None, document: etree._Element
    ) -> tuple[DeviceFacts, ...]:
        """Read a saved configuration; see `Platform.facts_from_document`."""
        return _facts(device or "", document, status_in_document(document))


def _facts(device: str, document: etree._Element, status: Status | None) -> tuple[DeviceFacts, ...]:
    configuration = find_configuration(document)
    tree = build_tree(configuration)
    return router_facts(Source(device, tree, fingerprint(configuration, tree), status))
