"""The page of auto prestaging (prestaging spec, section 6)."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError
from django.test import Client
from lxml import html

from prestage_plugin.models import AutoSettings, ChangeEvent, Device
from prestage_plugin.services.auto import auto_policy, change_auto_settings
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, words
from tests.prestage_plugin.factories import make_device, make_user
from tests.prestage_plugin.services.changes import change

pytestmark = pytest.mark.django_db

PAGE = "/admin/prestage/autosettings/"
FIELDS = ("enabled", "wait", "idle", "most_jobs", "muted_sources")


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.PRESTAGE = {"AUTO": True, "AUTO_WAIT": 20, "AUTO_IDLE": 2.5, "AUTO_JOBS": 4}


@pytest.fixture
def editor() -> Client:
    return browser_of(make_user("edith", "change_autosettings"))


@pytest.fixture
def viewer() -> Client:
    return browser_of(make_user("victor", "view_autosettings"))


def form_of(page: Any) -> html.HtmlElement:
    [form] = [form for form in parse(page).forms if "wait" in form.fields]
    return form


def filled(page: Any, **values: Any) -> dict[str, Any]:
    """Return what a browser would send, with these values in place of those on the page."""
    sent: dict[str, Any] = {}
    for name, value in form_of(page).form_values():
        if name == "muted_sources":
            sent.setdefault(name, []).append(value)
        else:
            sent[name] = value
    return sent | values


def save(browser: Client, **values: Any) -> Any:
    return browser.post(PAGE, filled(browser.get(PAGE), **values), follow=True)


def errors_of(page: Any) -> dict[str, str]:
    """Return the messages by the field at which they are."""
    rows = parse(page).xpath("//div[contains(@class, 'form-row')]")
    return {
        next(field.get("name") for field in row.xpath(".//*[@name]")): words(error)
        for row in rows
        for error in row.xpath(".//ul[contains(@class, 'errorlist')]/li")
    }


def stored() -> list[dict[str, Any]]:
    return [dict(row) for row in AutoSettings.objects.values()]


def test_what_is_saved_holds_and_is_shown(editor: Client) -> None:
    response = save(
        editor,
        enabled="false",
        wait="30",
        idle="0.5",
        most_jobs="2",
        muted_sources=["syslog", "webhook"],
    )
    assert response.redirect_chain == [(PAGE, 302)]
    assert messages_of(response) == ["The settings hold from now on."]
    policy = auto_policy()
    assert (policy.enabled, policy.wait, policy.idle, policy.most_jobs) == (False, 30, 0.5, 2)
    assert policy.muted_sources == {"syslog", "webhook"}
    assert filled(response) | {"csrfmiddlewaretoken": ""} == {
        "csrfmiddlewaretoken": "",
        "enabled": "false",
        "wait": "30.0",
        "idle": "0.5",
        "most_jobs": "2",
        "muted_sources": ["syslog", "webhook"],
    }


@pytest.mark.parametrize("enabled", [True, False, None])
def test_saving_the_page_as_it_is_changes_nothing(editor: Client, enabled: bool | None) -> None:
    change_auto_settings(
        enabled=enabled, wait=7.25, idle=None, most_jobs=3, muted_sources=["netconf"]
    )
    before = stored()
    assert messages_of(save(editor)) == ["The settings hold from now on."]
    assert stored() == before


def test_an_empty_field_is_as_the_site_says(editor: Client, settings: Any) -> None:
    save(editor, enabled="false", wait="30", idle="30", most_jobs="9")
    save(editor, enabled="", wait="", idle="", most_jobs="")
    settings.PRESTAGE |= {"AUTO_WAIT": 77}
    policy = auto_policy()
    assert (policy.enabled, policy.wait, policy.idle, policy.most_jobs) == (True, 77, 2.5, 4)


@pytest.mark.parametrize(("auto", "word"), [(True, "On"), (False, "Off")])
def test_the_page_says_what_the_site_says(
    editor: Client, settings: Any, auto: bool, word: str
) -> None:
    settings.PRESTAGE |= {"AUTO": auto}
    form = form_of(editor.get(PAGE))
    [chosen] = form.xpath(".//select[@name='enabled']/option[@selected]")
    assert words(chosen) == f"As the site says ({word})"
    placeholders = {
        field.get("name"): field.get("placeholder")
        for field in form.xpath(".//input[@placeholder]")
    }
    assert placeholders == {"wait": "20", "idle": "2.5", "most_jobs": "4"}


def test_every_source_can_be_muted(editor: Client) -> None:
    boxes = form_of(editor.get(PAGE)).xpath(".//input[@name='muted_sources']")
    assert [box.get("value") for box in boxes] == ChangeSource.values
    save(editor, muted_sources=ChangeSource.values)
    assert auto_policy().muted_sources == set(ChangeSource.values)
    save(editor, muted_sources=[])
    assert auto_policy().muted_sources == set()


def test_what_is_muted_no_more_counts_again(editor: Client) -> None:
    make_device("pe1")
    save(editor, muted_sources=["platform"])
    change("pe1")
    coalesce()
    assert ChangeEvent.objects.get().state == "muted"
    save(editor, muted_sources=[])
    assert ChangeEvent.objects.get().state == "new"


def logged() -> list[tuple[str, str]]:
    entries = LogEntry.objects.filter(content_type__model="autosettings").order_by("pk")
    return [(entry.user.get_username(), entry.get_change_message()) for entry in entries]


def test_it_is_written_down_who_changed_what(editor: Client, admin_client: Client) -> None:
    save(editor, enabled="false", wait="30", muted_sources=["syslog", "webhook"])
    save(admin_client, enabled="unknown", wait="12.5", muted_sources=[])
    assert logged() == [
        ("edith", "Auto prestaging changed from “as the site says” to “Off”."),
        ("edith", "Wait changed from “as the site says” to “30”."),
        ("edith", "Muted sources changed from “none” to “Syslog, Webhook”."),
        ("admin", "Auto prestaging changed from “Off” to “as the site says”."),
        ("admin", "Wait changed from “30” to “12.5”."),
        ("admin", "Muted sources changed from “Syslog, Webhook” to “none”."),
    ]


def test_what_changes_nothing_is_not_written_down(editor: Client) -> None:
    save(editor, wait="30")
    save(editor)
    save(editor, wait="-1")
    assert len(logged()) == 1


def test_a_change_that_cannot_be_written_down_is_none(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(LogEntry.objects, "log_actions", refuse)
    before = stored()
    with pytest.raises(DatabaseError):
        save(editor, wait="30")
    assert stored() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wait", "soon"),
        ("wait", "0"),
        ("wait", "-1"),
        ("wait", "nan"),
        ("wait", "inf"),
        ("wait", "1e300"),
        ("idle", "86401"),
        ("idle", "\x00"),
        ("idle", "<script>alert(1)</script>"),
        ("most_jobs", "0"),
        ("most_jobs", "1.5"),
        ("most_jobs", "9" * 30),
        ("muted_sources", ["rumours"]),
        ("muted_sources", ["syslog", "<script>alert(1)</script>"]),
    ],
)
def test_a_bad_value_gives_a_message_at_its_field_and_nothing_is_written(
    editor: Client, field: str, value: Any
) -> None:
    save(editor, wait="30", muted_sources=["netconf"])
    before = stored()
    response = save(editor, **{"wait": "5", "idle": "5", "most_jobs": "5", field: value})
    assert response.redirect_chain == []
    assert list(errors_of(response)) == [field]
    assert "Nothing was changed." in words(parse(response))
    assert "<script>alert" not in response.content.decode()
    assert stored() == before


def test_a_word_that_is_neither_on_nor_off_is_the_sites(editor: Client) -> None:
    save(editor, enabled="perhaps")
    assert auto_policy().enabled


def test_who_may_only_look_finds_the_fields_disabled(viewer: Client) -> None:
    change_auto_settings(
        enabled=False, wait=30, idle=None, most_jobs=None, muted_sources=["syslog"]
    )
    page = viewer.get(PAGE)
    fields = form_of(page).xpath(".//*[@name and @name != 'csrfmiddlewaretoken']")
    assert {field.get("name") for field in fields} == set(FIELDS)
    assert all(field.get("disabled") is not None for field in fields)
    assert not parse(page).xpath("//form//*[@type='submit' and ancestor::*[@id='content-main']]")
    [wait] = form_of(page).xpath(".//input[@name='wait']")
    assert wait.get("value") == "30.0"


def test_a_forged_form_of_who_may_only_look_is_refused(viewer: Client) -> None:
    assert viewer.post(PAGE, {"enabled": "false", "wait": "1"}).status_code == 403
    assert stored() == []


def test_others_have_no_such_page() -> None:
    nobody = browser_of(make_user("nobody", "view_device"))
    assert nobody.get(PAGE).status_code == 403
    assert nobody.post(PAGE, {"wait": "1"}).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert stored() == []


def test_saving_needs_the_token_against_forgery() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("edith", "change_autosettings"))
    without = filled(client.get(PAGE), wait="1")
    del without["csrfmiddlewaretoken"]
    assert client.post(PAGE, without).status_code == 403
    assert stored() == []


@pytest.mark.parametrize("address", ["add/", "1/change/", "1/delete/", "1/history/", "1/"])
def test_there_is_no_way_around_the_page(admin_client: Client, address: str) -> None:
    change_auto_settings(enabled=None, wait=30, idle=None, most_jobs=None, muted_sources=[])
    before = stored()
    forged = {"enabled": "true", "wait": "1", "muted_sources": '["rumours"]', "post": "yes"}
    assert admin_client.get(PAGE + address).status_code in {403, 404}
    assert admin_client.post(PAGE + address, forged).status_code in {403, 404}
    assert stored() == before


def test_it_is_found_from_the_index(editor: Client, viewer: Client) -> None:
    for browser in (editor, viewer):
        page = parse(browser.get("/admin/"))
        assert page.xpath(f"//a[@href='{PAGE}']")
        assert not page.xpath(f"//a[@href='{PAGE}add/']")


def test_every_field_has_a_name_that_is_read_aloud(editor: Client) -> None:
    form = form_of(editor.get(PAGE))
    for field in form.xpath(".//*[@name and not(@type='hidden')]"):
        assert form.xpath(f".//label[@for='{field.get('id')}']")
    [group] = form.xpath(".//*[@role='group']")
    [name] = form.xpath(f".//*[@id='{group.get('aria-labelledby')}']")
    assert words(name) == "Muted sources:"
    assert len(group.xpath(".//input")) == len(ChangeSource.values)
    described = form.xpath(".//@aria-describedby")
    assert len(described) == len(FIELDS)
    assert set(described) <= set(form.xpath(".//@id"))


def test_devices_are_not_touched(editor: Client) -> None:
    make_device("pe1", events_muted=True)
    save(editor, enabled="true")
    assert Device.objects.get().events_muted
