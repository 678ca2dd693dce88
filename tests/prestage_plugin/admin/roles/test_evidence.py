"""Why a device gets its role, and the exceptions that are edited beside it."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from prestage_plugin.admin.roles import evidence
from prestage_plugin.models import Device, RoleException
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import (
    make_device,
    make_evaluated_device,
    make_user,
    result_in_full,
)
from tests.prestage_plugin.stored import L3, store

pytestmark = pytest.mark.django_db
LIST = "/admin/prestage/recommendation/"
EDITOR = (
    "view_device",
    "change_device",
    "view_roleexception",
    "add_roleexception",
    "delete_roleexception",
)
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def editor(db: None) -> Client:
    return browser_of(make_user("edith", *EDITOR))


def page_of(device: Device) -> str:
    return f"{LIST}{device.pk}/change/"


def send(client: Client, device: Device, name: str, **values: Any) -> Any:
    """Fill one of the forms of the page in, and send it."""
    page = parse(client.get(page_of(device)))
    (form,) = [form for form in page.forms if form.fields.get("form") == name]
    fields = dict(form.form_values()) | values
    return client.post(form.action, fields, follow=True)


def overrides(device: Device) -> set[tuple[str, str]]:
    return set(device.exceptions.values_list("kind", "value"))


def test_every_rule_is_shown_with_its_evidence(browser: Client) -> None:
    device = make_evaluated_device("pe1")

    response = browser.get(page_of(device))

    assert table(response, "//div[h2='Why it gets its role']//table") == [
        ["R2 ebgp", "✗ fail", "No EBGP group.", "—", "—"],
        [
            "R3 loopback",
            "✓ pass",
            "lo0.0 has an address.",
            "interfaces/interface[lo0]/unit[0]/family/inet",
            "10.0.0.1/32",
        ],
    ]
    assert table(response, "//div[h2='Interfaces']//table") == [
        ["ge-0/0/1", "✓ recommended", "free", "—", "no", "—"],
        ["ge-0/0/2", "✗ excluded", "core", "—", "no", "—"],
    ]


def test_a_device_that_was_never_evaluated_says_so(browser: Client) -> None:
    content = browser.get(page_of(make_device("new"))).content.decode()

    assert "It has not been evaluated yet. Prestage it first." in content


def test_a_device_that_is_not_there_leads_back(browser: Client) -> None:
    assert browser.get(f"{LIST}0/change/").status_code == 302


@pytest.mark.parametrize(
    ("values", "permissions", "buttons"),
    [
        ({}, ("assign_role", "run_job"), ["Assign…", "Prestage now…"]),
        ({"assigned_role": "N-PE"}, ("assign_role",), ["Take the role back…"]),
        ({"recommended_role": "UNKNOWN"}, ("assign_role",), []),
        ({"in_inventory": False}, ("run_job",), []),
        ({}, (), []),
    ],
)
def test_buttons_are_what_one_may_do_now(
    values: dict[str, Any], permissions: tuple[str, ...], buttons: list[str]
) -> None:
    browser = browser_of(make_user("somebody", "view_device", *permissions))
    device = make_evaluated_device("pe1", **values)

    found = parse(browser.get(page_of(device))).xpath("//div[@class='prestage-buttons']//button")

    assert [words(button) for button in found] == buttons


def test_the_button_assigns_and_comes_back() -> None:
    browser = browser_of(make_user("paula", "view_device", "assign_role"))
    device = make_evaluated_device("pe1")
    page = parse(browser.get(page_of(device)))
    (form,) = page.xpath("//div[@class='prestage-buttons']/form")

    confirmation = browser.post(form.action, dict(form.form_values()) | {"action": "assign_roles"})
    (form,) = [form for form in parse(confirmation).forms if "confirmed" in form.fields]
    response = browser.post(form.action, dict(form.form_values()), follow=True)

    assert response.redirect_chain == [(page_of(device), 302)]
    assert messages_of(response) == ["1 assigned."]
    device.refresh_from_db()
    assert device.assigned_role == "N-PE"


def test_a_device_is_excluded_and_let_in_again(editor: Client) -> None:
    device = store("pe1", L3)

    response = send(
        editor, device, "exclude", **{"exclude-excluded": "on", "exclude-note": "spare"}
    )

    device.refresh_from_db()
    assert (device.recommended_role, device.reason) == ("UNKNOWN", "excluded")
    (message,) = messages_of(response)
    assert message == (
        "The exceptions are saved and applied to what is known of the configuration: UNKNOWN, "
        "loopback 192.0.2.1, 1 UNI."
    )
    (row,) = table(response, "//div[h2='Exceptions']//table")
    assert row[:4] == ["Exclude from N-PE", "—", "spare", "edith"]

    page = parse(editor.get(page_of(device)))
    (form,) = [form for form in page.forms if form.fields.get("form") == "exclude"]
    fields = dict(form.form_values())
    assert fields.pop("exclude-excluded") == "on"
    editor.post(form.action, fields)
    device.refresh_from_db()
    assert device.recommended_role == "N-PE"


def test_another_loopback_is_chosen_from_those_that_it_has_or_written(editor: Client) -> None:
    device = store("pe1", L3)

    chosen = send(editor, device, "loopback", **{"loopback-loopback": "192.0.2.1"})
    assert overrides(device) == {("loopback", "192.0.2.1")}
    written = {"loopback-loopback": "other", "loopback-other": "192.0.2.9"}
    send(editor, device, "loopback", **written)
    assert overrides(device) == {("loopback", "192.0.2.9")}
    device.refresh_from_db()
    assert device.loopback == "192.0.2.9"

    (checked,) = parse(editor.get(page_of(device))).xpath(
        "//input[@name='loopback-loopback'][@checked]/@value"
    )
    assert checked == "192.0.2.9"
    send(editor, device, "loopback", **{"loopback-loopback": ""})
    assert not overrides(device)
    assert chosen.status_code == 200


@pytest.mark.parametrize("address", ["", "nonsense", "2001:db8::1", EVIL[:15]])
def test_an_address_that_is_none_is_refused_beside_its_field(editor: Client, address: str) -> None:
    device = store("pe1", L3)

    values = {"loopback-loopback": "other", "loopback-other": address}
    response = send(editor, device, "loopback", **values)

    errors = parse(response).xpath("//form//ul[contains(@class, 'errorlist')]/li")
    assert [words(error) for error in errors] == ["Enter an IPv4 address, such as 10.0.0.1."]
    assert not overrides(device)


def test_interfaces_are_excluded_included_and_left_to_the_rules(editor: Client) -> None:
    device = store("pe1", L3)

    for verdict, kinds, unis in (
        ("exclude", {("exclude-interface", "ge-0/0/1")}, 0),
        ("include", {("include-interface", "ge-0/0/1")}, 1),
        ("rules", set(), 1),
    ):
        send(editor, device, "interfaces", interface="ge-0/0/1", **{"interfaces-verdict": verdict})
        device.refresh_from_db()
        assert (overrides(device), device.uni_count) == (kinds, unis)


@pytest.mark.parametrize(
    ("interfaces", "text"),
    [
        ([], "Choose at least one interface."),
        (["ge-9/9/9"], "The device has not all of these interfaces."),
        (["x" * 300], "The device has not all of these interfaces."),
        ([EVIL], "The device has not all of these interfaces."),
    ],
)
def test_interfaces_that_it_has_not_are_refused(
    editor: Client, interfaces: list[str], text: str
) -> None:
    device = store("pe1", L3)

    response = send(
        editor, device, "interfaces", interface=interfaces, **{"interfaces-verdict": "exclude"}
    )

    assert text in words(parse(response))
    assert EVIL not in response.content.decode()
    assert not overrides(device)


def test_without_facts_the_next_job_applies_the_exception(editor: Client) -> None:
    device = make_evaluated_device("pe1")

    response = send(editor, device, "exclude", **{"exclude-excluded": "on"})

    assert messages_of(response) == [
        "The exceptions are saved; the next job that reads the device applies them."
    ]
    device.refresh_from_db()
    assert device.recommended_role == "N-PE"


def test_what_is_so_already_is_said_and_not_logged(editor: Client) -> None:
    device = store("pe1", L3)

    response = send(editor, device, "exclude")

    assert messages_of(response) == ["Nothing changed: it was so already."]
    assert not LogEntry.objects.exists()


def test_the_history_of_the_device_says_who_changed_what(editor: Client) -> None:
    device = store("pe1", L3)

    send(editor, device, "exclude", **{"exclude-excluded": "on"})

    entry = LogEntry.objects.get(content_type__model="device", object_id=str(device.pk))
    assert (entry.user.get_username(), entry.change_message) == (
        "edith",
        "Exception: + Exclude from N-PE.",
    )


def test_interfaces_come_by_pages(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "INTERFACES_PER_PAGE", 1)
    device = make_evaluated_device("pe1")

    first = editor.get(page_of(device))
    second = editor.get(f"{page_of(device)}?interfaces=2")

    assert [row[1] for row in table(first, "//div[h2='Interfaces']//table")] == ["ge-0/0/1"]
    assert [row[1] for row in table(second, "//div[h2='Interfaces']//table")] == ["ge-0/0/2"]
    assert editor.get(f"{page_of(device)}?interfaces=99").status_code == 200
    response = editor.post(
        f"{LIST}{device.pk}/exceptions/",
        {
            "form": "interfaces",
            "interfaces_page": "2",
            "interface": "ge-0/0/2",
            "interfaces-verdict": "include",
        },
    )
    assert response.headers["Location"] == f"{page_of(device)}?interfaces=2"


@pytest.mark.parametrize("values", [{}, {"form": "nonsense"}])
def test_a_form_that_there_is_not_is_not_found(editor: Client, values: dict[str, str]) -> None:
    device = make_evaluated_device("pe1")

    assert editor.post(f"{LIST}{device.pk}/exceptions/", values).status_code == 404
    assert editor.post(f"{LIST}0/exceptions/", {"form": "exclude"}).status_code == 404


def test_queries_do_not_grow_with_exceptions_and_interfaces(
    editor: Client, django_assert_num_queries: Any
) -> None:
    device = make_evaluated_device("pe1")
    for count in (1, 20):
        for number in range(count):
            RoleException.objects.create(
                device=device, kind="exclude-interface", value=f"ge-{count}/0/{number}"
            )
        # session, user, two of permissions, preferences, device, evaluation, overridden
        # interfaces, exceptions, and the evaluation with the loopbacks
        with django_assert_num_queries(10):
            assert editor.get(page_of(device)).status_code == 200


def test_hostile_texts_are_escaped(editor: Client) -> None:
    device = make_evaluated_device(EVIL, warnings=[EVIL], reason=EVIL, capabilities=[EVIL])
    device.evaluation.refresh_from_db()
    result = result_in_full(device)
    result["rules"][1]["evidence"][0] = {"path": EVIL, "value": EVIL}
    result["rules"][0]["reason"] = result["interfaces"][0]["name"] = EVIL
    result["interfaces"][0]["evidence"] = [{"path": EVIL, "value": EVIL}]
    result["loopback_alternatives"] = [EVIL]
    device.evaluation.save()
    RoleException.objects.create(device=device, kind="exclude-interface", value=EVIL, note=EVIL)

    content = editor.get(page_of(device)).content.decode()

    assert "<script>alert" not in content
    assert content.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 8
