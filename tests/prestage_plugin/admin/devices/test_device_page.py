"""What can be done next with a device, and the whole of what its page shows the beginning of."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin.models import Device, Job, RoleChange, RoleException
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
from tests.prestage_plugin.services.build import failure, run_job

pytestmark = pytest.mark.django_db
DEVICES = "/admin/prestage/device/"
CONTENT = "//div[@id='content-main']//table"


def page_of(device: Device, name: str = "change") -> str:
    return f"{DEVICES}{device.pk}/{name}/"


def hints(client: Client, device: Device) -> list[str]:
    return [
        words(hint)
        for hint in parse(client.get(page_of(device))).xpath("//ul[@class='prestage-hints']/li")
    ]


def buttons(client: Client, device: Device) -> list[str]:
    found = parse(client.get(page_of(device))).xpath("//form[@class='prestage-buttons']//button")
    return [button.get("value") for button in found]


def press(client: Client, device: Device, action: str) -> Any:
    """Press a button of the page, with all that its form holds."""
    (form,) = parse(client.get(page_of(device))).xpath("//form[@class='prestage-buttons']")
    assert form.xpath(f".//button[@value='{action}']")
    return client.post(form.get("action"), dict(form.form_values()) | {"action": action})


def with_interfaces(device: Device, count: int) -> None:
    """Let a device have so many interfaces, every third of which can be a UNI."""
    result = result_in_full(device)
    free, core = result["interfaces"][:2]
    result["interfaces"] = [
        (free if number % 3 == 0 else core) | {"name": f"ge-0/0/{number}"}
        for number in range(count)
    ]
    device.evaluation.save()


class TestWhatToDoNext:
    def test_a_new_device_is_to_be_prestaged(self, browser: Client) -> None:
        assert hints(browser, make_device("new")) == [
            "It has not been evaluated yet. Prestage it to learn its role."
        ]

    def test_a_recommendation_is_to_be_confirmed(self, browser: Client) -> None:
        (hint,) = hints(browser, make_device("a", recommended_role="N-PE"))
        assert hint == "The recommended role N-PE has not been confirmed yet. Evidence and roles"

    def test_nothing_is_to_be_done_with_a_device_that_is_well(self, browser: Client) -> None:
        assert hints(browser, make_device("a", recommended_role="P", assigned_role="P")) == []

    def test_drift_says_both_roles(self, browser: Client) -> None:
        (hint,) = hints(browser, make_device("a", recommended_role="P", assigned_role="N-PE"))
        assert "no longer supports the assigned role N-PE; it speaks for P" in hint

    def test_an_unknown_role_says_what_helps(self, browser: Client) -> None:
        (hint,) = hints(browser, make_device("a", recommended_role="UNKNOWN"))
        assert hint.startswith("No role could be recommended.")

    def test_a_device_that_is_gone_or_muted_says_so(self, browser: Client) -> None:
        device = make_device(
            "a", recommended_role="P", assigned_role="P", in_inventory=False, events_muted=True
        )
        assert [hint.split()[1] for hint in hints(browser, device)] == ["is", "events"]
        assert buttons(browser, device) == []

    def test_exceptions_that_are_newer_than_the_evaluation_say_so(self, browser: Client) -> None:
        now = timezone.now()
        values = {"recommended_role": "P", "assigned_role": "P"}
        old = make_device("old", evaluated_at=now - timedelta(hours=1), **values)
        new = make_device("new", evaluated_at=now + timedelta(hours=1), **values)
        for device in (old, new):
            RoleException.objects.create(device=device, kind="exclude")

        assert "newer than its evaluation" in hints(browser, old)[0]
        assert hints(browser, new) == []

    def test_a_failure_says_what_helps_against_it(self, browser: Client, operator: User) -> None:
        (device,) = make_devices(1)
        job = run_job(make_job(operator), {"pe0001": failure(ErrorCode.UNREACHABLE)})

        hint = hints(browser, device)[-1]

        assert hint.startswith("The latest job could not read it: No route to the device.")
        assert REGISTRY[ErrorCode.UNREACHABLE].action in hint
        assert hint.endswith(str(job))

    def test_a_failure_in_a_job_of_somebody_else_is_not_told(self, operator: User) -> None:
        (device,) = make_devices(1)
        run_job(make_job(operator), {"pe0001": failure(ErrorCode.UNREACHABLE)})
        other = browser_of(make_user("other", "view_device"))

        assert not any("latest job" in hint for hint in hints(other, device))


class TestButtons:
    def test_prestaging_it_starts_with_its_name_filled_in(
        self, browser: Client, operator: User
    ) -> None:
        device, _other = make_devices(2)

        page = press(browser, device, "prestage_devices")
        (form,) = [form for form in parse(page).forms if "job_type" in form.fields]
        browser.post(form.action, dict(form.form_values()))

        assert Job.objects.get().scope == {"kind": "devices", "devices": ["pe0001"]}

    def test_a_logical_system_is_prestaged_with_its_router(self, browser: Client) -> None:
        system = make_device("a:LS1", parent=make_device("a"))

        page = press(browser, system, "prestage_devices")

        (names,) = parse(page).xpath("//textarea[@name='devices']")
        assert words(names) == "a"

    def test_muting_returns_to_the_page_and_offers_the_contrary(self) -> None:
        device = make_device("a")
        editor = browser_of(make_user("edith", "change_device"))

        muted = press(editor, device, "mute_events")
        assert (muted.status_code, muted["Location"]) == (302, page_of(device))
        assert messages_of(editor.get(page_of(device))) == ["1 of 1 devices muted."]
        assert buttons(editor, device) == ["unmute_events"]
        press(editor, device, "unmute_events")
        device.refresh_from_db()
        assert not device.events_muted

    @pytest.mark.parametrize("page", ["x", "", "-1", "²", "//evil.example/"])
    def test_a_forged_page_to_return_to_leads_to_the_list(self, page: str) -> None:
        device = make_device("a")
        editor = browser_of(make_user("edith", "change_device"))
        values = {"action": "mute_events", "_selected_action": [device.pk], "from_page": page}

        assert editor.post(DEVICES, values)["Location"].startswith(DEVICES)
        device.refresh_from_db()
        assert device.events_muted

    @pytest.mark.parametrize(
        ("permissions", "offered"),
        [
            (("view_device",), []),
            (("view_device", "run_job"), ["prestage_devices"]),
            (("change_device",), ["mute_events"]),
            (("change_device", "run_job"), ["prestage_devices", "mute_events"]),
        ],
    )
    def test_each_needs_its_permission(
        self, permissions: tuple[str, ...], offered: list[str]
    ) -> None:
        device = make_device("a")
        client = browser_of(make_user("somebody", *permissions))

        assert buttons(client, device) == offered
        for action in {"prestage_devices", "mute_events"} - set(offered):
            client.post(DEVICES, {"action": action, "_selected_action": [device.pk]})
        device.refresh_from_db()
        assert not device.events_muted
        assert not Job.objects.exists()


class TestInterfaces:
    def test_the_page_shows_some_and_leads_to_all(self, browser: Client) -> None:
        device = make_evaluated_device("pe1")
        with_interfaces(device, 150)

        response = browser.get(page_of(device))
        shown = table(response, "//div[h2='Interfaces']//table")
        note = words(parse(response).xpath("//div[h2='Interfaces']/p")[0])
        (link,) = parse(response).xpath("//a[.='All its interfaces']/@href")

        assert len(shown) == 20
        assert {row[1] for row in shown} == {"✓ recommended"}
        assert note == "Can be UNI: 50. Cannot: 100. All its interfaces"
        assert len(table(browser.get(link), CONTENT)) == 100
        assert len(table(browser.get(f"{link}?p=2"), CONTENT)) == 50

    def test_a_short_list_is_whole(self, browser: Client) -> None:
        page = parse(browser.get(page_of(make_evaluated_device("pe1"))))
        assert not page.xpath("//a[.='All its interfaces']")

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("?verdict=recommended", 4),
            ("?verdict=excluded", 8),
            ("?rule=core", 8),
            ("?verdict=recommended&rule=core", 0),
            ("?rule=none-such", 0),
            ("?p=7", 0),
        ],
    )
    def test_all_of_them_are_filtered_by_verdict_and_rule(
        self, browser: Client, query: str, count: int
    ) -> None:
        device = make_evaluated_device("pe1")
        with_interfaces(device, 12)

        response = browser.get(page_of(device, "interfaces") + query)

        rows = parse(response).xpath(f"{CONTENT}/tbody/tr")
        assert len(rows) == count
        if not count:
            assert "No interface is like that." in words(parse(response))

    def test_a_persons_exception_is_named_as_the_reason(self, browser: Client) -> None:
        device = make_evaluated_device("pe1")
        result_in_full(device)["interfaces"][0]["rule"] = "exception"
        device.evaluation.save()

        row = table(browser.get(page_of(device)), "//div[h2='Interfaces']//table")[0]
        assert row[3] == "A person decided so; see the exceptions."


class TestRoleHistory:
    def test_the_page_shows_the_newest_and_leads_to_all(self, browser: Client) -> None:
        device = make_device("pe1")
        changes = [
            RoleChange(device=device, at=timezone.now(), kind="recommended", actor=f"by {number}")
            for number in range(120)
        ]
        RoleChange.objects.bulk_create(changes)

        response = browser.get(page_of(device))
        shown = table(response, "//div[h2='Role history']//table")
        (link,) = parse(response).xpath("//a[.='Its whole role history']/@href")
        whole = browser.get(link)

        assert [row[4] for row in shown] == [f"by {number}" for number in range(119, 109, -1)]
        assert len(table(whole, CONTENT)) == 100
        (following,) = parse(whole).xpath("//a[@rel='next']/@href")
        assert [row[4] for row in table(browser.get(link + following), CONTENT)][-1] == "by 0"

    def test_a_device_without_history_says_so(self, browser: Client) -> None:
        response = browser.get(page_of(make_device("pe1"), "roles"))
        assert "Its role has never changed." in words(parse(response))


def test_its_jobs_lead_to_the_list_of_its_jobs(browser: Client, operator: User) -> None:
    (device,) = make_devices(1)
    run_job(make_job(operator), {})

    (link,) = parse(browser.get(page_of(device))).xpath("//a[.='All its jobs']/@href")

    assert link == "/admin/prestage/job/?device=pe0001"
    assert len(table(browser.get(link), "//table[@id='result_list']")) == 1


@pytest.mark.parametrize("name", ["change", "interfaces", "roles"])
def test_the_pages_need_the_permission_to_see_devices(name: str) -> None:
    device = make_device("pe1")
    nobody, seer = make_user("nobody", "run_job"), make_user("seer", "view_device")
    assert browser_of(nobody).get(page_of(device, name)).status_code == 403
    assert browser_of(seer).get(page_of(device, name)).status_code == 200
    assert Client().get(page_of(device, name)).status_code == 302


@pytest.mark.parametrize("name", ["interfaces", "roles"])
def test_a_device_that_is_not_there_has_no_pages(browser: Client, name: str) -> None:
    assert browser.get(f"{DEVICES}4711/{name}/").status_code == 404


def test_queries_do_not_grow_with_what_a_device_has(
    browser: Client, operator: User, django_assert_num_queries: Any
) -> None:
    device = make_evaluated_device("pe0001", evaluated_at=timezone.now())
    ContentType.objects.get_for_model(Device)  # once for each process
    for count in (1, 30):
        RoleChange.objects.bulk_create(
            RoleChange(device=device, at=timezone.now(), kind="recommended") for _ in range(count)
        )
        for number in range(count):
            make_device(f"pe0001:{count}-{number}", parent=device)
        for _ in range(count):
            run_job(make_job(operator), {"pe0001": failure()})
        with_interfaces(device, 3 * count)
        # session, user, two of the permissions, preferences, device (Django's page reads it again),
        # evaluation, jobs, history, events, logical systems, newer exceptions
        with django_assert_num_queries(13):
            assert browser.get(page_of(device)).status_code == 200
        # session, user, two of the permissions, preferences, device, evaluation or history
        for name in ("interfaces", "roles"):
            with django_assert_num_queries(7):
                assert browser.get(page_of(device, name)).status_code == 200


def test_times_are_in_the_zone_of_the_browser(browser: Client) -> None:
    device = make_device("pe1", evaluated_at=timezone.now())
    RoleChange.objects.create(device=device, at=timezone.now(), kind="recommended")
    browser.cookies["prestage_time_zone"] = "Asia/Tokyo"

    for name in ("change", "roles"):
        titles = parse(browser.get(page_of(device, name))).xpath("//time/@title")
        assert titles
        assert all(title.endswith(" JST") for title in titles)
