from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import Device, Job, RoleException
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import (
    make_device,
    make_devices,
    make_evaluated_device,
    make_job,
    make_user,
    result_in_full,
)
from tests.prestage_plugin.services.build import run_job

pytestmark = pytest.mark.django_db
DEVICES = "/admin/prestage/device/"
SYNCHRONISE = f"{DEVICES}synchronise/"
ROWS = "//table[@id='result_list']"
EDITOR = (
    "change_device",
    "view_roleexception",
    "add_roleexception",
    "change_roleexception",
    "delete_roleexception",
)


def page_of(device: Device) -> str:
    return f"{DEVICES}{device.pk}/change/"


@pytest.fixture
def editor(db: None) -> Client:
    return browser_of(make_user("edith", *EDITOR))


def exceptions_form(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    form: dict[str, Any] = {
        "exceptions-TOTAL_FORMS": len(rows),
        "exceptions-INITIAL_FORMS": initial,
    }
    for number, row in enumerate(rows):
        form |= {f"exceptions-{number}-{key}": value for key, value in row.items()}
    return form


def test_the_list_shows_roles_and_drift(browser: Client) -> None:
    make_device("a", recommended_role="N-PE", loopback="10.0.0.1", uni_count=3, reason="comment")
    make_device("b", recommended_role="P", assigned_role="P")
    make_device("c", recommended_role="UNKNOWN", assigned_role="N-PE")
    make_device("d")

    rows = table(browser.get(DEVICES), ROWS)

    assert [[row[1], *row[4:10]] for row in rows] == [
        ["a", "N-PE ?", "—", "10.0.0.1", "3", "comment", "—"],
        ["b", "P", "P", "-", "0", "-", "—"],
        ["c", "UNKNOWN", "N-PE", "-", "0", "-", "drift"],
        ["d", "—", "—", "-", "0", "-", "—"],
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?drift=yes", ["c"]),
        ("?drift=no", ["a", "b"]),
        ("?recommended_role__exact=P", ["b", "c"]),
        ("?assigned_role__exact=P", ["b"]),
        ("?in_inventory__exact=0", ["a"]),
        ("?platform=iosxr", ["b"]),
        ("?q=127.0.0.9", ["c"]),
        ("?q=A", ["a"]),
    ],
)
def test_devices_are_filtered_and_found(browser: Client, query: str, names: list[str]) -> None:
    make_device("a", recommended_role="N-PE", in_inventory=False)
    make_device("b", recommended_role="P", assigned_role="P", platform="iosxr")
    make_device("c", recommended_role="P", assigned_role="N-PE", address="127.0.0.9")

    assert [row[1] for row in table(browser.get(DEVICES + query), ROWS)] == names


def test_queries_do_not_grow_with_the_rows(browser: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 20):
        for number in range(count):
            make_device(f"pe{count}-{number}", recommended_role="P", assigned_role="N-PE")
        # session, user, two of the permissions, preferences, platforms for the filter, count,
        # devices
        with django_assert_num_queries(8):
            assert browser.get(DEVICES).status_code == 200


def test_the_page_of_a_device_says_why_it_got_its_role(browser: Client) -> None:
    device = make_evaluated_device("pe1")

    response = browser.get(page_of(device))

    assert table(response, "//div[h2='Why it got its role']//table") == [
        ["R2 ebgp", "✗ fail", "No EBGP group.", "—", "—"],
        [
            "R3 loopback",
            "✓ pass",
            "lo0.0 has an address.",
            "interfaces/interface[lo0]/unit[0]/family/inet",
            "10.0.0.1/32",
        ],
    ]
    free, core = "An Ethernet port with no units.", "The port faces the core: MPLS, or a core"
    rows = table(response, "//div[h2='Interfaces']//table")
    assert [row[:3] for row in rows] == [
        ["ge-0/0/1", "✓ recommended", "free"],
        ["ge-0/0/2", "✗ excluded", "core"],
    ]
    assert rows[0][3] == free
    assert rows[1][3].startswith(core)
    assert [row[4:] for row in rows] == [
        ["—", "no", "1\u20134094", "—", "—"],
        ["—", "no", "1\u20134094", "7, 10\u201320", "—"],
    ]


def test_the_page_shows_history_jobs_and_logical_systems(browser: Client, operator: User) -> None:
    (device,) = make_devices(1)
    job = run_job(make_job(operator), {})
    make_device("pe0001:LS1", parent=device, recommended_role="P")

    response = browser.get(page_of(device))

    history = table(response, "//div[h2='Role history']//table")
    assert {(row[1], row[3], row[4]) for row in history} == {
        ("Recommended", "N-PE", "alice"),
        ("Assigned", "N-PE", "alice"),
    }
    (latest,) = table(response, "//div[h2='Latest jobs']//table")
    assert latest[:3] == [str(job), "Prestaged", "N-PE"]
    (systems,) = parse(response).xpath("//div[h2='Logical systems']/ul")
    assert words(systems) == "pe0001:LS1 P ?"


def test_jobs_of_others_are_left_out(operator: User) -> None:
    (device,) = make_devices(1)
    run_job(make_job(operator), {})
    other = browser_of(make_user("other", "view_device"))

    assert not parse(other.get(page_of(device))).xpath("//div[h2='Latest jobs']//table")


def test_a_device_without_an_evaluation_says_so(browser: Client) -> None:
    content = browser.get(page_of(make_device("new"))).content.decode()

    assert "It has not been evaluated yet." in content


def test_hostile_names_comments_and_evidence_are_escaped(
    admin_client: Client, admin_user: User
) -> None:
    evil = "<script>alert(1)</script>"
    device = make_evaluated_device(evil, warnings=[evil], groups=[evil], reason=evil)
    device.evaluation.refresh_from_db()
    result = result_in_full(device)
    result["rules"][1]["evidence"][0] = {"path": evil, "value": evil}
    result["rules"][0]["reason"] = result["interfaces"][0]["name"] = evil
    result["interfaces"][0] |= {"rule": evil, "matched": [evil], "warnings": [evil]}
    result["interfaces"][1]["evidence"] = [{"path": evil, "value": evil}]
    result["sources"] = result["loopback_alternatives"] = [evil]
    device.evaluation.save()
    RoleException.objects.create(device=device, kind="exclude-interface", value=evil, note=evil)
    make_device(f"{evil}:LS", parent=device)
    run_job(make_job(admin_user, name=evil), {})

    belongings = [f"{DEVICES}{device.pk}/{name}/" for name in ("interfaces", "roles")]
    for address in (DEVICES, page_of(device), *belongings):
        content = admin_client.get(address).content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_devices_are_read_only(editor: Client) -> None:
    device = make_device("pe1", recommended_role="N-PE")

    response = editor.post(
        page_of(device),
        exceptions_form() | {"name": "other", "assigned_role": "P", "recommended_role": "P"},
    )

    device.refresh_from_db()
    assert response.status_code == 302
    assert (device.name, device.recommended_role, device.assigned_role) == ("pe1", "N-PE", "")
    assert editor.post(f"{DEVICES}add/", {"name": "x"}).status_code == 403
    assert editor.post(f"{DEVICES}{device.pk}/delete/", {"post": "yes"}).status_code == 403


def test_saving_exceptions_does_not_undo_what_a_job_wrote_meanwhile(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prestage_plugin.admin.devices.role_exceptions import RoleExceptionForm

    device = make_device("pe1")
    clean = RoleExceptionForm.clean

    def clean_while_a_job_writes(form: RoleExceptionForm) -> dict[str, Any]:
        Device.objects.update(recommended_role="N-PE")
        return clean(form)

    monkeypatch.setattr(RoleExceptionForm, "clean", clean_while_a_job_writes)
    editor.post(page_of(device), exceptions_form({"kind": "exclude"}))

    device.refresh_from_db()
    assert device.exceptions.count() == 1
    assert device.recommended_role == "N-PE"


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("exclude", "", ""),
        ("exclude", "x", None),
        ("loopback", " 10.0.0.9 ", "10.0.0.9"),
        ("loopback", "", None),
        ("loopback", "10.0.0", None),
        ("loopback", "2001:db8::1", None),
        ("loopback", "10.0.0.1/32", None),
        ("include-interface", "ge-0/0/1", "ge-0/0/1"),
        ("include-interface", "", None),
        ("exclude-interface", "  ", None),
        ("exclude-interface", "ae0", "ae0"),
        ("nonsense", "x", None),
    ],
)
def test_the_value_of_an_exception_fits_its_kind(
    editor: Client, kind: str, value: str, stored: str | None
) -> None:
    device = make_device("pe1")

    response = editor.post(page_of(device), exceptions_form({"kind": kind, "value": value}))

    assert response.status_code == (200 if stored is None else 302)
    saved = [exception.value for exception in device.exceptions.all()]
    assert saved == ([] if stored is None else [stored])


def test_the_author_of_an_exception_is_whoever_made_it(editor: Client) -> None:
    device = make_device("pe1")
    old = RoleException.objects.create(device=device, kind="exclude", author=make_user("old"))

    editor.post(
        page_of(device),
        exceptions_form(
            {"id": old.pk, "device": device.pk, "kind": "exclude", "value": "", "note": "why"},
            {"kind": "loopback", "value": "10.0.0.9"},
            initial=1,
        ),
    )

    authors = {each.kind: each.author and each.author.username for each in device.exceptions.all()}
    assert authors == {"exclude": "old", "loopback": "edith"}
    assert device.exceptions.get(kind="exclude").note == "why"


def test_an_exception_is_deleted(editor: Client) -> None:
    device = make_device("pe1")
    old = RoleException.objects.create(device=device, kind="exclude")

    row = {"id": old.pk, "device": device.pk, "kind": "exclude", "value": "", "DELETE": "on"}
    editor.post(page_of(device), exceptions_form(row, initial=1))

    assert not device.exceptions.exists()


@pytest.mark.parametrize(
    "rows",
    [
        ({"kind": "loopback", "value": "10.0.0.1"}, {"kind": "loopback", "value": "10.0.0.2"}),
        ({"kind": "exclude", "value": ""}, {"kind": "exclude", "value": ""}),
    ],
)
def test_exceptions_that_contradict_each_other_are_refused(
    editor: Client, rows: tuple[dict[str, Any], ...]
) -> None:
    device = make_device("pe1")

    response = editor.post(page_of(device), exceptions_form(*rows))

    assert response.status_code == 200
    assert parse(response).xpath("//ul[contains(@class, 'errorlist')]/li")
    assert not device.exceptions.exists()


def test_a_second_loopback_beside_a_stored_one_is_refused(editor: Client) -> None:
    device = make_device("pe1")
    old = RoleException.objects.create(device=device, kind="loopback", value="10.0.0.1")
    rows = (
        {"id": old.pk, "device": device.pk, "kind": "loopback", "value": "10.0.0.1"},
        {"kind": "loopback", "value": "10.0.0.2"},
    )

    response = editor.post(page_of(device), exceptions_form(*rows, initial=1))

    assert response.status_code == 200
    assert device.exceptions.count() == 1


def test_exceptions_need_their_permission(browser: Client) -> None:
    device = make_device("pe1")

    response = browser.post(page_of(device), exceptions_form({"kind": "exclude"}))

    assert response.status_code == 403
    assert not device.exceptions.exists()


@pytest.fixture
def inventory(tmp_path: Path, settings: Any) -> Path:
    """A Nornir inventory of two hosts; the site's settings name it."""
    (tmp_path / "hosts.yaml").write_text("pe1: {hostname: 127.0.0.1, platform: junos}\np1: {}\n")
    (tmp_path / "config.yaml").write_text(
        "inventory:\n  plugin: SimpleInventory\n"
        f"  options: {{host_file: {tmp_path / 'hosts.yaml'}}}\n"
        "logging: {enabled: false}\n"
    )
    settings.PRESTAGE = settings.PRESTAGE | {"NORNIR_CONFIG": str(tmp_path / "config.yaml")}
    return tmp_path


def test_the_button_synchronises_the_inventory(editor: Client, inventory: Path) -> None:
    make_device("gone")
    page = parse(editor.get(DEVICES))
    (form,) = page.xpath("//ul[@class='object-tools']//form")

    response = editor.post(form.action, dict(form.form_values()), follow=True)

    assert messages_of(response) == [
        "2 devices added, 0 updated, 1 no longer in the inventory, 0 unchanged."
    ]
    assert set(Device.objects.values_list("name", "in_inventory")) == {
        ("gone", False),
        ("p1", True),
        ("pe1", True),
    }


def test_an_inventory_that_cannot_be_read_is_one_sentence(editor: Client, inventory: Path) -> None:
    (inventory / "hosts.yaml").write_text("pe1: [")

    response = editor.post(SYNCHRONISE, follow=True)

    (message,) = messages_of(response)
    assert "hosts.yaml" in message
    assert "Traceback" not in response.content.decode()
    assert not Device.objects.exists()


def test_synchronising_needs_its_permission_and_a_post(browser: Client, editor: Client) -> None:
    assert browser.post(SYNCHRONISE).status_code == 403
    assert editor.get(SYNCHRONISE).status_code == 405
    assert not parse(browser.get(DEVICES)).xpath("//ul[@class='object-tools']//form")


def test_selected_devices_go_to_the_page_that_starts_jobs(browser: Client) -> None:
    devices = [make_device(name) for name in ("a", "b", "c")]
    system = make_device("a:CUST", parent=devices[0])
    chosen = [devices[0].pk, devices[2].pk, system.pk]

    page = browser.post(DEVICES, {"action": "prestage_devices", "_selected_action": chosen})
    (form,) = [form for form in parse(page).forms if "job_type" in form.fields]
    browser.post(form.action, dict(form.form_values()))

    assert form.action == "/admin/prestage/job/start/"
    assert Job.objects.get().scope == {"kind": "devices", "devices": ["a", "c"]}


def test_devices_that_cannot_be_contacted_start_nothing(browser: Client) -> None:
    gone = make_device("a", in_inventory=False)

    response = browser.post(
        DEVICES, {"action": "prestage_devices", "_selected_action": [gone.pk]}, follow=True
    )

    assert messages_of(response) == [
        "None of these can be contacted: they have left the inventory."
    ]


def test_starting_jobs_is_not_offered_to_those_who_may_not() -> None:
    device = make_device("a")
    viewer = browser_of(make_user("viewer", "view_device", "change_device"))

    response = viewer.post(
        DEVICES, {"action": "prestage_devices", "_selected_action": [device.pk]}, follow=True
    )

    assert messages_of(response) == ["No action selected."]
