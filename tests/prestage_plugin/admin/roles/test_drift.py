from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from prestage_plugin.models import Device, RoleChange
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_device, make_user

pytestmark = pytest.mark.django_db
DRIFT = "/admin/prestage/drift/"
ROWS = "//table[@id='result_list']"
CONFIRMATION = "//div[@id='content-main']//table"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def planner(db: None) -> Client:
    return browser_of(make_user("paula", "view_device", "assign_role"))


@pytest.fixture
def fleet(db: None) -> dict[str, Device]:
    rows: dict[str, dict[str, Any]] = {
        "lost": {"recommended_role": "UNKNOWN", "assigned_role": "N-PE", "reason": "no-loopback"},
        "moved": {
            "recommended_role": "P",
            "assigned_role": "P",
            "loopback": "10.0.0.2",
            "assigned_loopback": "10.0.0.1",
        },
        "other": {
            "recommended_role": "P",
            "assigned_role": "N-PE",
            "reason": "ebgp",
            "loopback": "10.0.0.3",
            "assigned_loopback": "10.0.0.3",
        },
        "right": {"recommended_role": "P", "assigned_role": "P"},
        "waiting": {"recommended_role": "P"},
    }
    devices = {name: make_device(name, **values) for name, values in rows.items()}
    RoleChange.objects.create(
        device=devices["other"], at=datetime(2026, 1, 2, tzinfo=UTC), kind="drifted", actor="system"
    )
    return devices


def select(action: str, *devices: Device, **values: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [device.pk for device in devices]} | values


def names_in(response: Any) -> list[str]:
    return [
        words(cell) for cell in parse(response).xpath(f"{ROWS}//th[@class='field-device_name']")
    ]


def test_the_list_says_what_differs_and_what_to_do_next(
    planner: Client, fleet: dict[str, Device]
) -> None:
    rows = table(planner.get(DRIFT), ROWS)

    assert [row[1:7] for row in rows] == [
        ["lost", "role", "N-PE", "UNKNOWN", "no-loopback", "—"],
        ["moved", "loopback", "P", "P", "—", "10.0.0.2 assigned 10.0.0.1"],
        ["other", "role", "N-PE", "P ?", "ebgp", "10.0.0.3"],
    ]
    assert [row[8].partition(",")[0] for row in rows] == [
        "Put its configuration right and prestage it again",
        "If the change is wanted",
        "If the change is wanted",
    ]


def test_it_says_when_it_was_found(planner: Client, fleet: dict[str, Device]) -> None:
    (time,) = parse(planner.get(DRIFT)).xpath(f"{ROWS}//time/@datetime")

    assert time == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?differs=role", ["lost", "other"]),
        ("?differs=loopback", ["moved"]),
        ("?recommended_role__exact=P", ["moved", "other"]),
        ("?q=oth", ["other"]),
    ],
)
def test_the_list_is_narrowed_down(
    planner: Client, fleet: dict[str, Device], query: str, names: list[str]
) -> None:
    assert names_in(planner.get(DRIFT + query)) == names


def test_a_device_leads_to_why_it_has_its_role(planner: Client, fleet: dict[str, Device]) -> None:
    (url,) = parse(planner.get(DRIFT)).xpath(f"{ROWS}//th/a[.='other']/@href")

    page = parse(planner.get(url, follow=True))

    assert words(page.xpath("//h1")[0]) == "other"


def test_without_drift_it_says_so(planner: Client) -> None:
    assert "Everything is as it was assigned." in planner.get(DRIFT).content.decode()


def test_what_the_configuration_says_is_assigned_after_a_confirmation(
    planner: Client, fleet: dict[str, Device]
) -> None:
    chosen = [fleet[name] for name in ("lost", "moved", "other")]

    page = planner.post(DRIFT, select("follow_configurations", *chosen))
    response = planner.post(
        DRIFT, select("follow_configurations", *chosen, confirmed="yes"), follow=True
    )

    assert {row[0]: row[2] for row in table(page, CONFIRMATION)} == {
        "lost": "No role is recommended any more (no-loopback); take the assigned one back.",
        "moved": "It becomes P with the loopback 10.0.0.2 and 0 UNIs.",
        "other": "It becomes P with the loopback 10.0.0.3 and 0 UNIs.",
    }
    assert messages_of(response) == ["2 assigned, 1 skipped because no role is recommended."]
    assert names_in(planner.get(DRIFT)) == ["lost"]


def test_the_role_is_taken_back(planner: Client, fleet: dict[str, Device]) -> None:
    response = planner.post(
        DRIFT, select("unassign_roles", fleet["lost"], confirmed="yes"), follow=True
    )

    assert messages_of(response) == ["1 taken back."]
    assert names_in(planner.get(DRIFT)) == ["moved", "other"]


def test_a_device_without_drift_is_not_in_reach(planner: Client, fleet: dict[str, Device]) -> None:
    planner.post(DRIFT, select("unassign_roles", fleet["right"], confirmed="yes"))

    fleet["right"].refresh_from_db()
    assert fleet["right"].assigned_role == "P"


def test_queries_do_not_grow_with_the_rows(planner: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 20):
        for number in range(count):
            make_device(f"pe{count}-{number}", recommended_role="P", assigned_role="N-PE")
        # session, user, two of permissions, preferences, pages ahead, devices
        with django_assert_num_queries(7):
            assert planner.get(DRIFT).status_code == 200


def test_hostile_names_are_escaped(planner: Client) -> None:
    device = make_device(EVIL, recommended_role="P", assigned_role="N-PE", reason=EVIL)

    for response in (
        planner.get(DRIFT),
        planner.post(DRIFT, select("follow_configurations", device)),
    ):
        assert EVIL not in response.content.decode()
