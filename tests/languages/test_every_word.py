"""No page of the admin has a word that cannot be translated.

The pages are read in a language in which every text stands in brackets. What stands in none was
not marked, was put together from pieces, or is a name.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from lxml import html

from nornir_tasks.errors import ErrorCode
from nornir_tasks.rules import RULES
from prestage_plugin.admin.jobs.actions import VERBS
from prestage_plugin.models import ApiToken, Device, Job, Schedule
from prestage_plugin.states import TokenScope
from tests.browser.test_every_page import PAGES
from tests.languages.pseudo import PSEUDO, bare_words, write_pseudo
from tests.languages.world import NAMES, make_world

pytestmark = pytest.mark.django_db

ADMIN = "/admin/prestage/"
MORE: dict[str, Callable[[], str]] = {
    "index": lambda: "/admin/",
    "app": lambda: ADMIN,
    "tokens": lambda: f"{ADMIN}apitoken/",
    "new-token": lambda: f"{ADMIN}apitoken/add/",
    "device-history": lambda: f"{ADMIN}device/{Device.objects.earliest('name').pk}/history/",
    "failed-job": lambda: f"{ADMIN}job/{Job.objects.exclude(failed=0).latest('pk').pk}/change/",
    "cancelled-job": lambda: f"{ADMIN}job/{Job.objects.filter(state='cancelled')[0].pk}/change/",
    "paused-series": lambda: f"{ADMIN}schedule/{Schedule.objects.earliest('pk').pk}/change/",
}
EVERY = PAGES | MORE

CODES = {str(code) for code in ErrorCode} | {rule.id for rule in RULES} | {r.name for r in RULES}
NAMED = {
    *NAMES,
    *CODES,
    # Roles, reasons, profiles, policies, platforms: machine codes that people know by these names.
    *("N-PE", "P", "UNI", "UNKNOWN", "capabilities", "ebgp", "no-loopback", "comment", "asbr"),
    *("excluded", "loopback-exception-not-configured"),
    *("csd", "extended", "any", "all", "none", "junos", "system", "l3", "e-line", "l2", "evpn"),
    *("UTC", "CET", "Europe/Berlin", "configuration", "syslog", "ge-0/0/1", "lo0"),
    *(str(scope) for scope in TokenScope),
    # Django's own, of the icons of what is true or false.
    *("True", "False"),
}
"""Words that are in no language."""

SILENT = "//script|//style|//template|//code|//pre|//textarea|//select[contains(@name, 'zone')]"
SHOWN = ("title", "placeholder", "aria-label", "alt", "data-live-state")


@pytest.fixture(scope="module")
def brackets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = write_pseudo(tmp_path_factory.mktemp("locale"))
    with override_settings(LOCALE_PATHS=[folder]):
        yield


@pytest.fixture
def browser(admin_user: User) -> Client:
    User.objects.filter(pk=admin_user.pk).update(username="alice")
    admin_user.refresh_from_db()
    make_world(admin_user)
    client = Client(headers={"Accept-Language": PSEUDO})
    client.force_login(admin_user)
    return client


def texts_of(response: Any) -> Iterator[str]:
    assert response.status_code == 200
    page: Any = html.fromstring(response.content.decode())
    for element in page.xpath(SILENT):
        element.drop_tree()
    for text in page.xpath("//text()"):
        if text.strip():
            yield " ".join(text.split())
    for name in SHOWN:
        yield from page.xpath(f"//@{name}")
    yield from page.xpath("//input[@type='submit']/@value")


def errors_of(response: Any) -> list[str]:
    page: Any = html.fromstring(response.content.decode())
    return [error.text_content() for error in page.find_class("errorlist")]


def bare(response: Any) -> list[str]:
    """Return the texts of a page that have words in no brackets which name nothing."""
    # A job's name is data, also when the software made it.
    names = [
        *Job.objects.values_list("name", flat=True),
        *ApiToken.objects.values_list("prefix", flat=True),
    ]
    found = []
    for text in dict.fromkeys(texts_of(response)):
        rest = text
        for name in names:
            rest = rest.replace(name, "")
        if set(bare_words(rest)) - NAMED:
            found.append(text)
    return found


def test_every_word_of_every_page_can_be_translated(brackets: None, browser: Client) -> None:
    found = {name: bare(browser.get(address())) for name, address in EVERY.items()}
    lines = [f"{name}: {text}" for name, texts in found.items() for text in texts]
    assert not lines, "\n".join(lines)


def acts(
    model: type[ApiToken] | type[Job] | type[Schedule], actions: Iterable[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the address and the form of each action with every row."""
    for action in actions:
        rows = list(model.objects.values_list("pk", flat=True))
        yield f"{ADMIN}{model._meta.model_name}/", {"action": action, "_selected_action": rows}


def test_every_word_of_every_action_can_be_translated(brackets: None, browser: Client) -> None:
    series = ("pause_series", "resume_series", "cancel_series")
    chosen = {"confirmed": "yes", "extent": "occurrence", "to": "alice", "key": str(uuid.uuid4())}
    lines = []
    actions = (*acts(Job, VERBS), *acts(Schedule, series), *acts(ApiToken, ("revoke",)))
    for address, form in actions:
        confirmation = browser.post(address, form)
        assert confirmation.context["forecasts"]
        done = browser.post(address, form | chosen, follow=True)
        for step, response in (("before", confirmation), ("after", done)):
            lines += [f"{form['action']} {step}: {text}" for text in bare(response)]
    assert not lines, "\n".join(lines)


ROLE_ACTIONS = {
    "recommendation": ("assign_roles", "unassign_roles"),
    "drift": ("follow_configurations", "unassign_roles"),
}


def test_every_word_of_the_actions_on_roles_can_be_translated(
    brackets: None, browser: Client
) -> None:
    lines = []
    for page, actions in ROLE_ACTIONS.items():
        for action in actions:
            # One that drifts, one that was never evaluated, and one that waits for its role.
            Device.objects.filter(name="pe2").update(
                recommended_role="N-PE", assigned_role="P", assigned_loopback="10.0.0.9"
            )
            rows = list(Device.objects.values_list("pk", flat=True))
            form = {"action": action, "_selected_action": rows}
            address = f"{ADMIN}{page}/" + ("?stage=all" if page == "recommendation" else "")
            before = browser.post(address, form)
            assert before.context["forecasts"]
            after = browser.post(address, form | {"confirmed": "yes"}, follow=True)
            for step, response in (("before", before), ("after", after)):
                lines += [f"{page} {action} {step}: {text}" for text in bare(response)]
    for device in Device.objects.all():
        history = browser.get(f"{ADMIN}device/{device.pk}/history/")
        lines += [f"history: {text}" for text in bare(history)]
    assert not lines, "\n".join(lines)


EXCEPTIONS = {
    "no-address": {"form": "loopback", "loopback-loopback": "other", "loopback-other": "pe1"},
    "no-interfaces": {"form": "interfaces", "interfaces-verdict": "exclude"},
}


@pytest.mark.parametrize("case", EXCEPTIONS)
def test_every_word_of_a_refused_exception_can_be_translated(
    brackets: None, browser: Client, case: str
) -> None:
    device = Device.objects.get(name="pe1")
    response = browser.post(f"{ADMIN}recommendation/{device.pk}/exceptions/", EXCEPTIONS[case])
    assert errors_of(response)
    assert bare(response) == []


def test_every_word_of_the_history_of_exceptions_can_be_translated(
    brackets: None, browser: Client
) -> None:
    device = Device.objects.get(name="pe1")
    for values in (
        {"form": "exclude"},
        {"form": "exclude", "exclude-excluded": "on"},
        {"form": "loopback", "loopback-loopback": "other", "loopback-other": "10.0.0.9"},
    ):
        address = f"{ADMIN}recommendation/{device.pk}/exceptions/"
        assert bare(browser.post(address, values, follow=True)) == []
    history = browser.get(f"{ADMIN}device/{device.pk}/history/")
    assert "10.0.0.9" in history.content.decode()
    assert bare(history) == []


TRIED = {
    "nothing": "",
    "no-xml": "pe1",
    "no-configuration": "<ticket/>",
    "judged": "<configuration><system><host-name>pe1</host-name></system></configuration>",
}


@pytest.mark.parametrize("case", TRIED)
def test_every_word_of_a_tried_configuration_can_be_translated(
    brackets: None, browser: Client, case: str
) -> None:
    form = {"configuration": TRIED[case], "profile": "csd", "capability_policy": "any"}
    response = browser.post(f"{ADMIN}rules/try/", form)
    assert bare(response) == []


REFUSED = {
    "in-the-past": {"when": "later", "start_at": "2020-01-01T00:00"},
    "unknown-devices": {"scope": "devices", "devices": "ticket, pe1"},
    "no-devices": {"scope": "filter", "filter_name": "collector*"},
    "bad-recurrence": {"when": "recurring", "repeat": "weekly", "every": "1"},
    "nothing": {"scope": "nothing", "failure_threshold": "101"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_word_of_a_refusal_can_be_translated(
    brackets: None, browser: Client, case: str
) -> None:
    page = browser.get(f"{ADMIN}job/start/")
    form = {
        "key": str(page.context["form"]["key"].initial),
        "scope": "all",
        "job_type": "manual",
        "when": "now",
    }
    response = browser.post(f"{ADMIN}job/start/", form | REFUSED[case])
    assert errors_of(response)
    assert bare(response) == []
