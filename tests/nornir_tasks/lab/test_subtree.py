import pytest
from lxml import etree

from nornir_tasks.lab.subtree import filter_configuration
from nornir_tasks.lab.tree import parse_content

CONTENT = """
<version>22</version>
<junos:comment>/* N-PE */</junos:comment>
<system><host-name>r1</host-name><services><ssh/></services></system>
<interfaces>
<interface><name>ge-0/0/0</name><mtu>9000</mtu><unit><name>0</name><family><inet/></family></unit></interface>
<interface><name>ge-0/0/1</name><disable/></interface>
</interfaces>
<protocols inactive="inactive"><ldp><interface><name>all</name></interface></ldp></protocols>
"""


def select(wanted: str) -> str:
    configuration = parse_content(CONTENT)
    before = etree.tostring(configuration)
    found = filter_configuration(configuration, etree.fromstring(wanted))
    assert etree.tostring(configuration) == before
    if found is None:
        return ""
    for element in found.iter("*"):
        element.tail = None
        if len(element):
            element.text = None
    text = etree.tostring(found).decode()
    return text.replace(' xmlns:junos="http://xml.juniper.net/junos/22.4R0/junos"', "")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            "<configuration><version/></configuration>",
            "<configuration><version>22</version></configuration>",
        ),
        ("<configuration><vlans/></configuration>", ""),
        (
            "<configuration><system><host-name/></system></configuration>",
            (
                "<configuration><junos:comment>/* N-PE */</junos:comment>"
                "<system><host-name>r1</host-name></system></configuration>"
            ),
        ),
        (
            (
                "<configuration><interfaces><interface><name>ge-0/0/1</name></interface></interfaces>"
                "</configuration>"
            ),
            (
                "<configuration><interfaces><interface><name>ge-0/0/1</name><disable/></interface>"
                "</interfaces></configuration>"
            ),
        ),
        (
            (
                "<configuration><interfaces><interface><name>ge-0/0/0</name><mtu/></interface>"
                "</interfaces></configuration>"
            ),
            (
                "<configuration><interfaces><interface><name>ge-0/0/0</name><mtu>9000</mtu>"
                "</interface></interfaces></configuration>"
            ),
        ),
        (
            (
                "<configuration><interfaces><interface><unit/></interface></interfaces>"
                "</configuration>"
            ),
            (
                "<configuration><interfaces><interface><name>ge-0/0/0</name><unit><name>0</name>"
                "<family><inet/></family></unit></interface></interfaces></configuration>"
            ),
        ),
        (
            (
                "<configuration><interfaces><interface><name>xe-9/9/9</name></interface></interfaces>"
                "</configuration>"
            ),
            "",
        ),
        (
            "<configuration><protocols><ldp/></protocols><version/></configuration>",
            (
                '<configuration><version>22</version><protocols inactive="inactive"><ldp>'
                "<interface><name>all</name></interface></ldp></protocols></configuration>"
            ),
        ),
        (
            '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm"><version/></configuration>',
            "<configuration><version>22</version></configuration>",
        ),
    ],
    ids=[
        "a leaf",
        "nothing",
        "an annotation comes with what it annotates",
        "a condition selects the whole entry",
        "a condition with a selection selects that part",
        "keys come with every entry",
        "a condition that fails selects nothing",
        "deactivated statements stay deactivated",
        "the namespace does not matter",
    ],
)
def test_a_subtree_filter_selects_what_rfc_6241_says(wanted: str, expected: str) -> None:
    assert select(wanted) == expected


def test_an_empty_filter_element_selects_everything() -> None:
    assert select("<configuration/>").count("<interface>") == 3
