"""Finding the device that a sender speaks for (prestaging spec, section 6)."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prestage_plugin.models import Device
from prestage_plugin.services import directory
from prestage_plugin.services.directory import (
    Directory,
    DirectoryRow,
    canonical_address,
    forget_directory,
    get_directory,
)
from tests.prestage_plugin.factories import make_device

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def of_this_test_alone() -> None:
    forget_directory()


def name_of(device_id: int | None) -> str | None:
    return None if device_id is None else Device.objects.get(pk=device_id).name


def by_address(text: str) -> str | None:
    return name_of(Directory.load().find(address=text))


def by_name(text: str) -> str | None:
    return name_of(Directory.load().find(name=text))


@pytest.mark.parametrize(
    ("inventory", "sender"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("192.0.2.1", "::FFFF:C000:0201"),
        ("192.0.2.1", "0:0:0:0:0:ffff:c000:201"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:DB8:0:0:0:0:0:1"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("2001:db8::a.b.c.d", None),
        ("2001:db8::1", "2001:db8::0.0.0.1"),
        ("fe80::1", "fe80::1%eth0"),
        ("fe80::1%eth0", "fe80::1%ge-0/0/0.0"),
    ],
)
def test_an_address_is_found_in_any_spelling(inventory: str, sender: str | None) -> None:
    make_device("pe1", address=inventory)
    assert by_address(sender or inventory) == ("pe1" if sender else None)


@pytest.mark.parametrize(
    "text", ["", "pe1", "192.0.2", "192.0.2.1/32", "192.0.2.01", "192.0.2.1 ", "%", "1", "::g"]
)
def test_what_is_no_address_has_no_canonical_spelling(text: str) -> None:
    assert canonical_address(text) == ""


def test_an_address_of_management_comes_before_a_loopback() -> None:
    make_device("pe1", address="192.0.2.1", loopback="10.0.0.1", assigned_loopback="10.0.0.2")
    make_device("pe2", address="10.0.0.1", loopback="192.0.2.1")
    assert by_address("192.0.2.1") == "pe1"
    assert by_address("10.0.0.1") == "pe2"
    assert by_address("10.0.0.2") == "pe1"


def test_an_address_that_several_devices_have_finds_none() -> None:
    make_device("pe1", address="192.0.2.1", loopback="10.0.0.1")
    make_device("pe2", address="192.0.2.2", assigned_loopback="10.0.0.1")
    make_device("pe3", address="192.0.2.3")
    make_device("pe4", address="::ffff:192.0.2.3", loopback="10.0.0.4")
    make_device("pe5", address="192.0.2.5", loopback="192.0.2.3")
    assert by_address("10.0.0.1") is None
    assert by_address("192.0.2.3") is None
    assert [by_address(text) for text in ("192.0.2.1", "192.0.2.2", "10.0.0.4")] == [
        "pe1",
        "pe2",
        "pe4",
    ]


def test_one_device_may_have_its_address_twice() -> None:
    make_device("pe1", address="10.0.0.1", loopback="10.0.0.1", assigned_loopback="10.0.0.1")
    assert by_address("10.0.0.1") == "pe1"


def test_a_logical_system_finds_its_router() -> None:
    router = make_device("pe1", address="192.0.2.1")
    make_device("pe1:LS1", address="192.0.2.1", parent=router, loopback="10.0.0.11")
    assert by_address("10.0.0.11") == "pe1"
    assert by_address("192.0.2.1") == "pe1"
    assert by_name("pe1:LS1") == "pe1"


@pytest.mark.parametrize("name", ["pe1", "PE1", "pe1.", "pe1.example.net", "Pe1.Other.Example."])
def test_a_name_is_found_with_and_without_a_domain_in_any_case(name: str) -> None:
    make_device("Pe1")
    assert by_name(name) == "Pe1"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("pe1.example.net", "pe1.example.net"),
        ("PE1", "pe1.example.net"),
        ("pe1.elsewhere.example", "pe1.example.net"),
        ("pe2.a.example", "pe2.a.example"),
        ("pe2.a.example.", "pe2.a.example"),
        ("pe2.b.example", "pe2.b.example"),
        ("pe2", None),
        ("pe2.c.example", None),
        ("p", "p"),
        ("p.b.example", "p.b.example"),
        ("pe10", None),
        ("pe", None),
        (".", None),
        ("", None),
    ],
)
def test_a_device_whose_name_has_a_domain_is_found_without_it(name: str, found: str | None) -> None:
    for each in ("pe1.example.net", "pe2.a.example", "pe2.b.example", "p", "p.b.example"):
        make_device(each)
    assert by_name(name) == found


def test_names_that_differ_in_case_alone_find_none() -> None:
    make_device("pe1")
    make_device("PE1")
    assert by_name("pe1") is None


def test_an_address_as_a_name_is_an_address_and_has_no_domain() -> None:
    make_device("192.0.2.1", address="router.example")
    make_device("10", address="192.0.2.9")
    assert by_name("192.0.2.1") == "192.0.2.1"
    assert by_name("192.0.2.9") == "10"
    assert by_name("192.0.2.77") is None
    assert by_name("10.0.0.7") is None
    assert by_name("192.example") is None


def test_the_address_counts_before_the_name() -> None:
    first = make_device("pe1", address="192.0.2.1")
    second = make_device("pe2", address="192.0.2.2")
    found = Directory.load().find
    assert found(address="192.0.2.1", name="pe2") == first.pk
    assert found(address="198.51.100.1", name="pe2") == second.pk
    assert found(address="198.51.100.1", name="pe3") is None
    assert found() is None


def test_what_left_the_inventory_is_not_found() -> None:
    router = make_device("pe1", address="192.0.2.1", loopback="10.0.0.1", in_inventory=False)
    make_device("pe1:LS1", parent=router, loopback="10.0.0.11")
    there = make_device("pe2", address="192.0.2.2")
    make_device("pe2:LS1", parent=there, loopback="10.0.0.21", in_inventory=False)
    for address in ("192.0.2.1", "10.0.0.1", "10.0.0.11", "10.0.0.21"):
        assert by_address(address) is None
    for name in ("pe1", "pe1:LS1", "pe2:LS1"):
        assert by_name(name) is None


def test_an_address_that_the_one_left_is_free_for_the_other() -> None:
    make_device("old", address="192.0.2.1", in_inventory=False)
    make_device("new", address="192.0.2.1")
    assert by_address("192.0.2.1") == "new"


ANYTHING = st.text() | st.sampled_from(["::%", "%eth0", "1.2.3.4", "::1", "pe1", ".", "..."])


@given(address=ANYTHING, name=ANYTHING, known=st.lists(ANYTHING, max_size=3))
@example(address="\ud800", name="\udfff.\x00", known=["\u0130.example"])
def test_no_text_of_a_sender_or_of_the_inventory_breaks_it(
    address: str, name: str, known: list[str]
) -> None:
    rows = [
        DirectoryRow(number, None, text, text, text, None)
        for number, text in enumerate(known, start=1)
    ]
    found = Directory.of(rows).find(address=address, name=name)
    assert found is None or found in range(1, len(known) + 1)


def test_the_directory_is_read_anew_only_when_it_is_old(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        read = get_directory()
        assert get_directory() is read
    device = make_device("pe1")
    assert get_directory().find(name="pe1") is None
    monkeypatch.setattr(directory, "_FRESH_SECONDS", -1)
    assert get_directory().find(name="pe1") == device.pk


def test_after_it_was_forgotten_it_is_read_anew() -> None:
    assert get_directory().find(name="pe1") is None
    device = make_device("pe1")
    forget_directory()
    assert get_directory().find(name="pe1") == device.pk


def test_the_whole_inventory_is_one_query(django_assert_num_queries: Any) -> None:
    Device.objects.bulk_create(Device(name=f"pe{number}") for number in range(500))
    with django_assert_num_queries(1):
        assert len(Directory.load().names) == 500
