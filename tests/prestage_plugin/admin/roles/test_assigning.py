from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from prestage_plugin.admin import confirming
from prestage_plugin.admin.roles import assign_all
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, RoleChange, RoleException
from prestage_plugin.services import roles
from prestage_plugin.services.device_report import DeviceReport
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_device, make_user

pytestmark = pytest.mark.django_db
ASSIGN = "/admin/prestage/recommendation/"
ALL = f"{ASSIGN}assign-all/"
ROWS = "//table[@id='result_list']"
CONFIRMATION = "//div[@id='content-main']//table"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def planner(db: None) -> Client:
    """Somebody who assigns roles."""
    return browser_of(make_user("paula", "view_device", "assign_role"))


def make_fleet() -> dict[str, Device]:
    rows: dict[str, dict[str, Any]] = {
        "npe": {"recommended_role": "N-PE", "loopback": "10.0.0.1", "uni_count": 4},
        "p": {"recommended_role": "P", "loopback": "10.0.0.2", "uni_count": 1},
        "unknown": {"recommended_role": "UNKNOWN", "reason": "no-loopback"},
        "assigned": {
            "recommended_role": "P",
            "assigned_role": "P",
            "loopback": "10.0.0.3",
            "assigned_loopback": "10.0.0.3",
        },
        "new": {},
        "gone": {"recommended_role": "N-PE", "in_inventory": False},
    }
    return {name: make_device(name, **values) for name, values in rows.items()}


def select(action: str, *devices: Device, **values: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [device.pk for device in devices]} | values


def roles_of(*devices: Device) -> list[str]:
    return [Device.objects.get(pk=device.pk).assigned_role for device in devices]


def names_in(response: Any) -> list[str]:
    return [
        words(cell) for cell in parse(response).xpath(f"{ROWS}//th[@class='field-device_name']")
    ]


def test_the_list_shows_what_waits_for_somebody_with_a_question_mark(planner: Client) -> None:
    make_fleet()

    rows = [[row[1], row[2], row[4], row[5], row[8]] for row in table(planner.get(ASSIGN), ROWS)]

    assert rows == [
        ["npe", "N-PE ?", "10.0.0.1", "4", "—"],
        ["p", "P ?", "10.0.0.2", "1", "—"],
        ["unknown", "UNKNOWN", "—", "0", "—"],
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?stage=unassigned", ["npe", "p", "unknown"]),
        ("?stage=assigned", ["assigned"]),
        ("?stage=not-evaluated", ["new"]),
        ("?stage=all", ["assigned", "gone", "new", "npe", "p", "unknown"]),
        ("?stage=nonsense", []),
        ("?recommended_role__exact=P", ["p"]),
        ("?q=np", ["npe"]),
        ("?exceptions=yes", ["p"]),
        ("?exceptions=no", ["npe", "unknown"]),
    ],
)
def test_the_list_is_narrowed_down(planner: Client, query: str, names: list[str]) -> None:
    fleet = make_fleet()
    RoleException.objects.create(device=fleet["p"], kind="loopback", value="10.0.0.9")

    assert names_in(planner.get(ASSIGN + query)) == names


def test_columns_can_be_hidden(planner: Client) -> None:
    make_fleet()

    planner.post(f"{ASSIGN}columns/", {"hide": "why"})

    first = table(planner.get(ASSIGN), ROWS)[0]
    assert first[1:4] == ["npe", "N-PE ?", "10.0.0.1"]


def test_the_confirmation_says_what_each_device_becomes(planner: Client) -> None:
    fleet = make_fleet()

    response = planner.post(ASSIGN, select("assign_roles", *fleet.values()))

    assert {row[0]: (row[1], row[2]) for row in table(response, CONFIRMATION)} == {
        "npe": ("N-PE ?", "It becomes N-PE with the loopback 10.0.0.1 and 4 UNIs."),
        "p": ("P ?", "It becomes P with the loopback 10.0.0.2 and 1 UNI."),
        "unknown": ("UNKNOWN", "No role is recommended (no-loopback)."),
        "assigned": ("P", "It is assigned as P already; take that back first."),
        "new": ("—", "It was never evaluated; prestage it first."),
        "gone": ("N-PE ?", "It becomes N-PE with the loopback - and 0 UNIs."),
    }
    assert roles_of(*fleet.values()) == ["", "", "", "P", "", ""]


def test_once_confirmed_the_message_counts_what_was_done_and_why_not(planner: Client) -> None:
    fleet = make_fleet()
    chosen = [fleet[name] for name in ("npe", "p", "unknown", "assigned")]

    response = planner.post(ASSIGN, select("assign_roles", *chosen, confirmed="yes"), follow=True)

    assert messages_of(response) == [
        "2 assigned, 1 skipped because no role is recommended, 1 already has an assigned role."
    ]
    assert roles_of(*chosen) == ["N-PE", "P", "", "P"]
    fleet["npe"].refresh_from_db()
    assert (fleet["npe"].assigned_loopback, fleet["npe"].assigned_by) == ("10.0.0.1", "paula")
    logged = LogEntry.objects.filter(change_message="Role assigned.", content_type__model="device")
    assert {entry.object_repr for entry in logged} == {"npe", "p"}


def test_what_is_confirmed_leaves_the_list(planner: Client) -> None:
    fleet = make_fleet()

    planner.post(ASSIGN, select("assign_roles", fleet["npe"], confirmed="yes"))

    assert names_in(planner.get(ASSIGN)) == ["p", "unknown"]


def test_roles_are_taken_back(planner: Client) -> None:
    fleet = make_fleet()
    chosen = (fleet["assigned"], fleet["npe"])

    page = planner.post(ASSIGN, select("unassign_roles", *chosen))
    response = planner.post(ASSIGN, select("unassign_roles", *chosen, confirmed="yes"), follow=True)

    assert {row[0]: row[2] for row in table(page, CONFIRMATION)} == {
        "assigned": "It is P no longer; P is recommended.",
        "npe": "It has no assigned role.",
    }
    assert messages_of(response) == ["1 taken back, 1 has no assigned role."]
    assert roles_of(*chosen) == ["", ""]


def users_of(names: list[str]) -> dict[str, list[str]]:
    """Say what uses roles; named by a setting."""
    return {name: ["E-Line 7", EVIL] for name in names if name == "assigned"}


def test_a_role_in_use_stays_and_the_user_is_named(planner: Client, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"ROLE_DEPENDENCIES": f"{__name__}.users_of"}
    fleet = make_fleet()

    page = planner.post(ASSIGN, select("unassign_roles", fleet["assigned"]))
    response = planner.post(
        ASSIGN, select("unassign_roles", fleet["assigned"], confirmed="yes"), follow=True
    )

    assert "it is used by E-Line 7" in table(page, CONFIRMATION)[0][2]
    assert EVIL not in page.content.decode()
    assert not parse(page).xpath("//input[@type='submit' and @value='Yes, take back']")
    assert messages_of(response) == ["1 skipped because its role is in use."]
    assert roles_of(fleet["assigned"]) == ["P"]


def test_queries_of_the_list_do_not_grow(planner: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 20):
        for number in range(count):
            device = make_device(f"pe{count}-{number}", recommended_role="N-PE")
            RoleException.objects.create(device=device, kind="exclude")
        # session, user, two of permissions, preferences, platforms for the filter, pages ahead,
        # devices
        with django_assert_num_queries(8):
            assert planner.get(ASSIGN).status_code == 200


@pytest.mark.parametrize("action", ["assign_roles", "unassign_roles"])
def test_queries_of_the_actions_do_not_grow(
    planner: Client, django_assert_max_num_queries: Any, action: str
) -> None:
    for count in (1, 100):
        assigned = "N-PE" if action == "unassign_roles" else ""
        devices = [
            make_device(f"pe{count}-{number}", recommended_role="N-PE", assigned_role=assigned)
            for number in range(count)
        ]
        with django_assert_max_num_queries(24):
            planner.post(ASSIGN, select(action, *devices, confirmed="yes"))
        assert set(roles_of(*devices)) == {"" if assigned else "N-PE"}


def test_too_many_at_once_are_refused(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "MOST_ROWS", 1)
    fleet = make_fleet()

    response = planner.post(ASSIGN, select("assign_roles", fleet["npe"], fleet["p"]), follow=True)

    assert messages_of(response) == ["Choose at most 1 at a time."]


def test_select_across_pages_means_what_the_list_shows(planner: Client) -> None:
    fleet = make_fleet()

    page = planner.post(ASSIGN, select("assign_roles", fleet["npe"], select_across="1"))

    assert [row[0] for row in table(page, CONFIRMATION)] == ["unknown", "p", "npe"]


def test_assigning_all_says_how_many_and_how_many_not(planner: Client) -> None:
    make_fleet()

    page = parse(planner.get(ALL))

    facts = {words(each[0]): words(each[1]) for each in page.xpath("//dl/div")}
    assert facts == {"N-PE": "1", "P": "1"}
    assert "For 1 device no role could be recommended" in words(page)
    assert not RoleChange.objects.exists()


@pytest.mark.parametrize(
    ("role", "assigned", "text"),
    [
        ("", {"npe", "p", "assigned"}, "2 roles assigned."),
        ("N-PE", {"npe", "assigned"}, "1 role assigned."),
        ("P", {"p", "assigned"}, "1 role assigned."),
    ],
)
def test_all_are_assigned_or_those_of_one_role(
    planner: Client, role: str, assigned: set[str], text: str
) -> None:
    make_fleet()

    response = planner.post(ALL, {"role": role}, follow=True)

    assert messages_of(response) == [text]
    found = Device.objects.exclude(assigned_role="").values_list("name", flat=True)
    assert set(found) == assigned


def test_a_role_that_does_not_exist_assigns_nothing(planner: Client) -> None:
    make_fleet()

    assert planner.post(ALL, {"role": "UNKNOWN"}).status_code == 200
    assert not RoleChange.objects.exists()


def test_the_filter_of_the_list_is_kept_on_the_way_to_all(planner: Client) -> None:
    make_fleet()
    page = parse(planner.get(f"{ASSIGN}?recommended_role__exact=P"))
    (url,) = page.xpath("//ul[@class='object-tools']//a[.='Assign all…']/@href")

    checked = parse(planner.get(url)).xpath("//input[@name='role'][@checked]/@value")

    assert checked == ["P"]


def test_a_large_fleet_is_assigned_some_at_a_time(
    planner: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(roles, "_BATCH", 10)
    Device.objects.bulk_create(
        Device(name=f"pe{number:03}", recommended_role="N-PE") for number in range(95)
    )
    held = []
    assign = roles.assign_roles

    def assign_some(**values: Any) -> Any:
        held.append(len(values["device_ids"]))
        return assign(**values)

    monkeypatch.setattr(roles, "assign_roles", assign_some)
    with django_assert_max_num_queries(10 * 12 + 14):
        response = planner.post(ALL, {"role": ""}, follow=True)

    assert messages_of(response) == ["95 roles assigned."]
    assert held == [10] * 9 + [5]
    assert LogEntry.objects.filter(change_message="Role assigned.").count() == 95


def test_more_than_one_request_takes_goes_on_page_by_page(
    planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "_BATCH", 10)
    monkeypatch.setattr(assign_all, "MOST_AT_ONCE", 20)
    Device.objects.bulk_create(
        Device(name=f"pe{number:03}", recommended_role="N-PE" if number % 2 else "P")
        for number in range(90)
    )
    response = planner.post(ALL, {"role": "P"}, follow=True)
    seen = []

    while not response.redirect_chain:
        page = parse(response)
        seen.append(words(page.xpath("//*[@class='prestage-progress-text']")[0]))
        (form,) = page.xpath("//form[@data-go-on]")
        response = planner.post(form.action, dict(form.form_values()), follow=True)

    assert seen == ["44 % (20/45 roles assigned)", "88 % (40/45 roles assigned)"]
    assert messages_of(response) == ["45 roles assigned."]
    assert Device.objects.filter(assigned_role="P").count() == 45
    assert Device.objects.filter(assigned_role="N-PE").count() == 0


def test_a_round_in_which_nobody_gets_a_role_is_the_last(
    planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_fleet()
    refused = {"npe": Refused("role-assigned", "Somebody was faster.", conflict=True)}
    monkeypatch.setattr(
        roles, "assign_roles", lambda **_values: DeviceReport(changed=(), refused=refused)
    )

    response = planner.post(ALL, {"role": "", "done": "3"}, follow=True)

    assert messages_of(response) == [
        "3 roles assigned, 1 skipped because it was changed meanwhile."
    ]


@pytest.mark.parametrize("values", [{"done": "-1"}, {"done": "x"}, {"skipped": "1e9"}])
def test_counts_that_are_none_assign_nothing(planner: Client, values: dict[str, str]) -> None:
    make_fleet()

    planner.post(ALL, {"role": ""} | values)

    assert not RoleChange.objects.exists()


def test_with_nothing_left_there_is_nothing_to_confirm(planner: Client) -> None:
    assert not parse(planner.get(ALL)).xpath("//input[@type='submit']")
    response = planner.post(ALL, {"role": ""}, follow=True)
    assert messages_of(response) == ["0 roles assigned."]


def test_hostile_names_are_escaped(planner: Client) -> None:
    device = make_device(EVIL, recommended_role="N-PE", reason=EVIL)

    for response in (
        planner.get(ASSIGN),
        planner.post(ASSIGN, select("assign_roles", device)),
        planner.get(ALL),
    ):
        assert EVIL not in response.content.decode()


def test_a_router_is_prestaged_with_its_logical_system() -> None:
    browser = browser_of(make_user("olga", "view_device", "run_job"))
    router = make_device("router", recommended_role="P")
    system = make_device("router:LS", parent=router, recommended_role="N-PE")

    page = browser.post(ASSIGN, select("prestage_devices", system))

    (form,) = [form for form in parse(page).forms if "job_type" in form.fields]
    assert form.fields["devices"].strip() == "router"
