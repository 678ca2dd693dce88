"""From Junos XML to facts (prestaging spec, section 5)."""

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.facts import Comment
from nornir_tasks.platforms import get_platform, platform_names
from nornir_tasks.reply import Reply
from tests.nornir_tasks.configurations import LOOPBACK, device, facts_of, port, unit

JUNOS = "http://xml.juniper.net/junos/22.4R1/junos"
YANG = "http://yang.juniper.net/junos"


def test_platforms_are_found_by_every_name_that_inventories_use() -> None:
    names = ("junos", "JUNOS", "juniper_junos")
    assert {get_platform(name).name for name in names} == {"junos"}


@pytest.mark.parametrize("name", ["ios", "", None, "junos2"])
def test_an_unknown_platform_is_refused_naming_the_supported_ones(name: str | None) -> None:
    with pytest.raises(PrestageError) as caught:
        get_platform(name)
    assert caught.value.code is ErrorCode.UNSUPPORTED_PLATFORM
    assert all(known in caught.value.text for known in platform_names())


def test_the_committed_configuration_is_requested_with_inheritance_and_filtered() -> None:
    configuration, ports = get_platform("junos").requests()
    assert (configuration.tag, dict(configuration.items())) == (
        "get-configuration",
        {"database": "committed", "inherit": "inherit"},
    )
    assert [branch.tag for branch in configuration[0]] == [
        "system",
        "interfaces",
        "protocols",
        "routing-options",
        "routing-instances",
        "logical-systems",
    ]
    assert [child.tag for child in configuration[0][0]] == ["host-name"]
    assert (ports.tag, [child.tag for child in ports]) == ("get-interface-information", ["terse"])


STYLES = {
    "none": "<configuration>{}</configuration>",
    "xnm": '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm">{}</configuration>',
    "prefix": '<x:configuration xmlns:x="urn:x" xmlns="urn:x">{}</x:configuration>',
    "reply": "<rpc-reply xmlns='urn:ietf:params:xml:ns:netconf:base:1.0'><data>"
    "<configuration xmlns='http://yang.juniper.net/junos/conf/root'>{}</configuration>"
    "</data></rpc-reply>",
    "engines": "<rpc-reply><multi-routing-engine-results><multi-routing-engine-item>"
    "<re-name>re0</re-name><configuration>{}</configuration></multi-routing-engine-item>"
    "</multi-routing-engine-results></rpc-reply>",
}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_namespaces_and_wrappers_gives_the_same_facts(style: str) -> None:
    branch = f'<interfaces xmlns="{YANG}/conf/interfaces">{LOOPBACK}</interfaces>'
    (facts,) = facts_of(STYLES[style].format(branch))
    assert [loopback.address for loopback in facts.loopbacks] == ["192.0.2.1"]


def test_an_empty_configuration_gives_empty_facts() -> None:
    (facts,) = facts_of("<configuration/>")
    assert (facts.device, facts.interfaces, facts.loopbacks) == ("unknown", (), ())


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        ("<rpc-reply/>", ErrorCode.BAD_REPLY, "No <configuration>"),
        ("<a><configuration/><configuration/></a>", ErrorCode.BAD_REPLY, "2 configurations"),
        (
            (
                "<rpc-reply><rpc-error><error-severity>error</error-severity><error-message>\n"
                "permission denied\n</error-message></rpc-error></rpc-reply>"
            ),
            ErrorCode.RPC_ERROR,
            "permission denied",
        ),
    ],
)
def test_a_document_without_one_configuration_is_refused(
    document: str, code: ErrorCode, words: str
) -> None:
    with pytest.raises(PrestageError, match=words) as caught:
        facts_of(document)
    assert caught.value.code is code


def test_a_warning_beside_the_configuration_is_no_error() -> None:
    warning = "<rpc-error><error-severity>warning</error-severity></rpc-error>"
    assert facts_of(f"<rpc-reply>{warning}<configuration/></rpc-reply>")


COMMENTS = [
    (f"<x:comment xmlns:x='{JUNOS}'>/* PE */</x:comment><system/>", "system", "PE"),
    (f"<x:comment xmlns:x='{JUNOS}'>PE</x:comment><system/>", "system", "PE"),
    ("<junos:comment>/* PE */</junos:comment><system/>", "system", "PE"),
    ("<comment>/* PE */</comment><system/>", "system", "PE"),
    ("<comment># PE</comment><system/>", "system", "PE"),
    ("<comment>\n  /* P\n   * E */\n</comment><snmp/>", "snmp", "P\n   * E"),
    (f"<system xmlns:j='{YANG}/jcmd' j:comment='/* PE */'/>", "system", "PE"),
    (
        "<system><comment># PE</comment><host-name>r</host-name></system>",
        "system/host-name",
        "PE",
    ),
    (f"<system><ntp xmlns:j='{YANG}/jcmd' j:comment='/* PE */'/></system>", "system/ntp", "PE"),
    ("<comment># PE</comment>", "configuration", "PE"),
]


@pytest.mark.parametrize(("content", "path", "text"), COMMENTS)
def test_annotations_of_every_style_are_found(content: str, path: str, text: str) -> None:
    (facts,) = facts_of(f"<configuration>{content}</configuration>")
    assert facts.comments == (Comment(path, text),)


@pytest.mark.parametrize(
    "content",
    [
        "<comment>PE</comment><system/>",
        "<comment># PE</comment><system inactive='inactive'/>",
        "<system inactive='inactive'><comment># PE</comment></system>",
        "<system><comment># PE</comment><ntp inactive='inactive'/></system>",
        "<comment inactive='inactive'># PE</comment><system/>",
        f"<system xmlns:j='{YANG}/jcmd' j:active='false' j:comment='# PE'/>",
        "<protocols><comment># PE</comment><mpls/></protocols>",
        "<system><services><comment># PE</comment><ssh/></services></system>",
        "<groups><name>g</name><system><comment># PE</comment><ntp/></system></groups>",
        "<!-- PE --><system/>",
    ],
)
def test_what_is_no_annotation_of_the_device_is_no_comment(content: str) -> None:
    (facts,) = facts_of(f"<configuration>{content}</configuration>")
    assert facts.comments == ()


def test_an_annotation_of_a_logical_system_speaks_of_that_system() -> None:
    main, logical = facts_of(
        "<configuration><comment># N-PE</comment><logical-systems><name>L</name>"
        "</logical-systems></configuration>"
    )
    assert main.comments == ()
    assert logical.comments == (Comment("logical-systems[L]", "N-PE"),)


@pytest.mark.parametrize(
    "attribute",
    [
        "inactive='inactive'",
        f"xmlns:jcmd='{YANG}/jcmd' jcmd:active='false'",
        "jcmd:active='false'",
        "xmlns:other='urn:other' other:inactive='inactive'",
    ],
)
@pytest.mark.parametrize(
    "element", ["interfaces", "interface", "unit", "family", "inet", "address"]
)
def test_a_deactivated_statement_hides_everything_below_it(element: str, attribute: str) -> None:
    text = device().replace(f"<{element}>", f"<{element} {attribute}>")
    assert facts_of(device())[0].loopbacks
    assert facts_of(text)[0].loopbacks == ()


@pytest.mark.parametrize("attribute", ["inactive='no'", "active='true'", "junos:group='g'"])
def test_other_values_of_those_attributes_deactivate_nothing(attribute: str) -> None:
    assert facts_of(device().replace("<unit>", f"<unit {attribute}>"))[0].loopbacks


LO0_UNITS = [
    # What the loopback looks like, and whether it counts.
    (unit(0, "<inet><address><name>192.0.2.1/32</name></address></inet>"), "", True),
    (unit(0, "<inet><address>192.0.2.1/32</address></inet>"), "", True),
    (unit(1, "<inet><address><name>192.0.2.1/32</name></address></inet>"), "", False),
    (unit(0, "<inet><address><name>192.0.2.1/32</name></address></inet>", "<disable/>"), "", False),
    ("<disable/>" + unit(0, "<inet><address><name>192.0.2.1</name></address></inet>"), "", False),
    (unit(0, "<inet><address><name>192.0.2.1/32</name></address></inet>"), "lo0.0", False),
    (unit(0, "<inet><address><name>192.0.2.1/32</name></address></inet>"), "lo0", False),
    (unit(0, "<inet><address><name>192.0.2.1/32</name></address></inet>"), "lo0.1", True),
]


@pytest.mark.parametrize(("lo0", "member", "counts"), LO0_UNITS)
def test_only_the_active_unit_0_outside_every_instance_is_a_loopback(
    lo0: str, member: str, counts: bool
) -> None:
    instance = (
        "<routing-instances><instance><name>A</name><instance-type>vrf</instance-type>"
        f"<interface><name>{member}</name></interface></instance></routing-instances>"
    )
    (facts,) = facts_of(device(loopback=port("lo0", lo0), rest=instance if member else ""))
    assert bool(facts.loopbacks) is counts


def test_a_loopback_address_that_is_none_is_warned_of() -> None:
    lo0 = port("lo0", unit(0, "<inet><address><name>10.0.0.0.1/32</name></address></inet>"))
    (facts,) = facts_of(device(loopback=lo0))
    assert facts.loopbacks == ()
    assert facts.warnings == ("loopback-address-not-understood:10.0.0.0.1/32",)


@pytest.mark.parametrize(
    ("address", "counts"),
    [("2001:db8::1/128", True), ("fe80::1/64", False), ("::1/128", False), ("x", False)],
)
def test_an_ipv6_loopback_is_one_that_others_can_reach(address: str, counts: bool) -> None:
    lo0 = port("lo0", unit(0, f"<inet6><address><name>{address}</name></address></inet6>"))
    assert facts_of(device(loopback=lo0))[0].ipv6_loopback is counts


@pytest.mark.parametrize(
    "rest",
    [
        "<apply-groups>G</apply-groups>",
        "<groups><name>G</name></groups>",
        "<protocols><mpls><apply-groups>G</apply-groups></mpls></protocols>",
        "<interfaces><interface-range><name>R</name></interface-range></interfaces>",
        "<protocols><mpls><interface><name>ge-0/0/*</name></interface></mpls></protocols>",
    ],
)
def test_whatever_may_still_inherit_is_warned_of(rest: str) -> None:
    assert facts_of(device(rest=rest))[0].warnings == ("inheritance-not-resolved",)
    pruned = rest.replace(">", " inactive='inactive'>", 1)
    assert facts_of(device(rest=pruned))[0].warnings == ()


def test_a_port_that_is_stated_twice_is_one_port() -> None:
    text = device(interfaces=port("ge-0/0/1", unit(1)) + port("ge-0/0/1", unit(2)))
    (found,) = (i for i in facts_of(text)[0].interfaces if i.name == "ge-0/0/1")
    assert [u.name for u in found.units] == ["1", "2"]


def test_ports_that_no_statement_names_come_from_the_interface_information() -> None:
    platform = get_platform("junos")
    terse = (
        "<rpc-reply><interface-information><physical-interface><name>\nge-0/0/9\n</name>"
        "<oper-status>\ndown\n</oper-status></physical-interface></interface-information></rpc-reply>"
    )
    replies = [Reply(f"<rpc-reply>{device()}</rpc-reply>".encode()), Reply(terse.encode())]
    (facts,) = platform.facts("inventory-name", replies)
    assert facts.device == "inventory-name"
    assert facts.sources == ("configuration", "interface-information")
    found = {i.name: (i.configured, i.oper_status) for i in facts.interfaces}
    assert found == {"ge-0/0/9": (False, "down"), "lo0": (True, "")}


@pytest.mark.parametrize(
    "second",
    [[], ["<rpc-reply><rpc-error><error-message>no</error-message></rpc-error></rpc-reply>"]],
)
def test_without_interface_information_the_configuration_is_enough(second: list[str]) -> None:
    replies = [
        Reply(f"<rpc-reply>{device()}</rpc-reply>".encode()),
        *(Reply(text.encode()) for text in second),
    ]
    (facts,) = get_platform("junos").facts("r", replies)
    assert facts.sources == ("configuration",)


def reply(content: str) -> Reply:
    return Reply(f"<rpc-reply>{content}</rpc-reply>".encode(), 1000)


OK = reply("<configuration/>")
REFUSED = reply("<rpc-error><error-severity>error</error-severity></rpc-error>")
CUT_OFF = Reply(b"<rpc-reply><configur", 1000)


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ((OK, OK), None),
        ((OK, REFUSED), None),
        ((REFUSED, OK), ErrorCode.RPC_ERROR),
        ((OK, CUT_OFF), ErrorCode.BAD_REPLY),
    ],
)
def test_only_the_configuration_must_be_answered(
    replies: tuple[Reply, ...], code: ErrorCode | None
) -> None:
    if code is None:
        assert len(get_platform("junos").facts("r", replies)) == 1
        return
    with pytest.raises(PrestageError) as caught:
        get_platform("junos").facts("r", replies)
    assert caught.value.code is code


def test_facts_need_at_least_one_reply() -> None:
    with pytest.raises(PrestageError, match="no reply"):
        get_platform("junos").facts("r", [])


def test_interfaces_are_in_the_order_of_their_numbers() -> None:
    names = ["xe-0/0/0", "ge-0/0/10", "ge-0/0/2", "ae1", "ge-0/0/2:1"]
    (facts,) = facts_of(device(loopback="", interfaces="".join(map(port, names))))
    assert [i.name for i in facts.interfaces] == [
        "ae1",
        "ge-0/0/2",
        "ge-0/0/2:1",
        "ge-0/0/10",
        "xe-0/0/0",
    ]


@pytest.mark.parametrize(
    ("content", "vlans"),
    [
        ("<vlan-id>100</vlan-id>", [(100, 100)]),
        ("<vlan-id>none</vlan-id>", []),
        ("<vlan-id>0</vlan-id>", []),
        ("<vlan-id>4095</vlan-id>", []),
        ("<vlan-id-list>7</vlan-id-list><vlan-id-list>1-3</vlan-id-list>", [(1, 3), (7, 7)]),
        ("<vlan-id-range>200-100</vlan-id-range>", []),
        ("<vlan-tags><outer>0x8100.20</outer><inner>30</inner></vlan-tags>", [(20, 20)]),
    ],
)
def test_vlan_ids_of_a_unit_are_read_in_every_form(
    content: str, vlans: list[tuple[int, int]]
) -> None:
    (facts,) = facts_of(device(loopback="", interfaces=port("ge-0/0/1", unit(0, "", content))))
    assert list(facts.interfaces[0].units[0].vlans) == vlans


def test_the_fingerprint_changes_with_the_facts_and_with_nothing_else() -> None:
    def fingerprint(text: str) -> str:
        return facts_of(text)[0].fingerprint

    text = device(interfaces=port("ge-0/0/1"))
    assert fingerprint(text) == fingerprint(text.replace("><", ">\n  <"))
    assert fingerprint(text) == fingerprint(
        text.replace("</configuration>", "<snmp/></configuration>")
    )
    assert fingerprint(text) != fingerprint(text.replace("ge-0/0/1", "ge-0/0/2"))
    assert fingerprint(text) != fingerprint(
        text.replace("<system>", "<comment># PE</comment><system>")
    )


def test_a_commit_of_another_user_or_second_is_another_fingerprint() -> None:
    texts = [
        f"<configuration {attributes}/>"
        for attributes in (
            "junos:commit-seconds='1'",
            "junos:commit-seconds='2'",
            "junos:commit-seconds='1' junos:commit-user='a'",
        )
    ]
    assert len({facts_of(text)[0].fingerprint for text in texts}) == 3


@pytest.mark.parametrize("digits", [2, 70, 5000])
def test_ports_are_sorted_by_number_however_long(digits: int) -> None:
    low, high = f"ge-0/0/{'9' * (digits - 1)}", f"ge-0/0/{'1' * digits}"
    names = [high, "ge-0/0/2", low, "ge-0/0/1:10", "ge-0/0/1:9"]
    (facts,) = facts_of(device(loopback="", interfaces="".join(map(port, names))))
    assert [each.name for each in facts.interfaces] == [
        "ge-0/0/1:9",
        "ge-0/0/1:10",
        "ge-0/0/2",
        low,
        high,
    ]


@pytest.mark.parametrize("name", ["interface", "unit", "family", "vlan-id", "disable", "name"])
def test_statements_are_read_although_their_prefix_is_not_declared(name: str) -> None:
    content = "<disable/>" + unit(5, "<inet/><mpls/>", "<vlan-id>7</vlan-id>")
    text = device(interfaces=port("ge-0/0/1", content))
    cut = text.replace(f"<{name}>", f"<nc:{name}>").replace(f"</{name}>", f"</nc:{name}>")
    cut = cut.replace(f"<{name}/>", f"<nc:{name}/>")
    assert cut != text
    assert facts_of(cut)[0].interfaces == facts_of(text)[0].interfaces
    assert facts_of(cut)[0].loopbacks == facts_of(text)[0].loopbacks


def test_the_status_of_ports_is_read_although_prefixes_are_not_declared() -> None:
    text = (
        "<r><configuration/><interface-information><physical-interface><name>ge-0/0/1</name>"
        "<oper-status>down</oper-status></physical-interface></interface-information></r>"
    )
    cut = text.replace("oper-status", "nc:oper-status").replace("physical", "nc:physical")
    (facts,) = facts_of(cut)
    assert [(each.name, each.oper_status) for each in facts.interfaces] == [("ge-0/0/1", "down")]
