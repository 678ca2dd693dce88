"""*Try it*: every verdict on a configuration; nothing is stored, logged or sent back."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from lxml import html

from nornir_tasks.rules import RULES
from prestage_plugin.admin.rules import trial
from prestage_plugin.services import classification
from tests.nornir_tasks.configurations import device as configuration_of
from tests.nornir_tasks.configurations import port
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_user
from tests.prestage_plugin.stored import BORDER, L3

pytestmark = pytest.mark.django_db
TRY = "/admin/prestage/rules/try/"
SECRET = "$9$hunter2-secret"
NPE = configuration_of(
    interfaces=port("ge-0/0/1"),
    protocols=L3,
    rest=f"<snmp><community><name>{SECRET}</name></community></snmp>",
)
NO_CONFIGURATION = (
    "The document must hold exactly one <configuration>; save it with "
    "`show configuration | display inheritance | display xml`."
)
SYSTEMS = Path(__file__).parents[4] / "tests/fixtures/junos/logical-systems.xml"


@pytest.fixture
def reader(db: None) -> Client:
    return browser_of(make_user("rita", "view_device"))


def judge(client: Client, configuration: str = "", **values: Any) -> Any:
    sent = {"profile": "csd", "capability_policy": "any", "configuration": configuration}
    return client.post(TRY, sent | values)


def as_file(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("pe1.xml", text.encode() if isinstance(text, str) else text)


def headings(response: Any) -> list[str]:
    return [words(each) for each in parse(response).xpath("//div[@class='module']/h2")]


def facts(response: Any) -> dict[str, str]:
    pairs = parse(response).xpath("//div[@class='module'][1]/dl/div")
    return {words(each.find("dt")): words(each.find("dd")) for each in pairs}


def problems(response: Any) -> list[str]:
    found = parse(response).xpath(
        "//p[@class='errornote'] | //ul[contains(@class, 'errorlist')]/li"
    )
    return [words(each) for each in found]


@pytest.mark.parametrize("way", ["pasted", "file"])
def test_every_verdict_is_shown_with_its_evidence(reader: Client, way: str) -> None:
    response = judge(reader, NPE) if way == "pasted" else judge(reader, file=as_file(NPE))

    assert headings(response) == ["Verdicts on r"]
    found = facts(response)
    assert found["Role"].startswith("N-PE")
    assert (found["Loopback"], found["Capabilities"], found["UNI"]) == ("192.0.2.1", "l3", "1")
    rules = table(response, "//div[@class='module']/div[1]//table")
    assert {row[0].split()[0] for row in rules if row[0].startswith("R")} >= {
        f"R{number}" for number in range(1, 7)
    }
    loopback = next(row for row in rules if row[0] == "R3 loopback")
    assert (loopback[1], loopback[4]) == ("✓ pass", "192.0.2.1")
    interfaces = table(response, "//div[@class='module']/div[2]//table")
    assert [row[:3] for row in interfaces] == [
        ["ge-0/0/1", "✓ recommended", "free"],
        ["lo0", "✗ excluded", "pseudo"],
    ]


def test_another_profile_gives_another_verdict(reader: Client) -> None:
    border = configuration_of(interfaces=port("ge-0/0/1"), protocols=BORDER)

    roles = [
        facts(judge(reader, border, profile=profile))["Role"].split()[0]
        for profile in ("csd", "extended")
    ]

    assert roles == ["P", "N-PE"]


def test_another_policy_gives_another_verdict(reader: Client) -> None:
    assert facts(judge(reader, NPE, capability_policy="all"))["Role"].startswith("UNKNOWN")


def test_the_device_can_be_named(reader: Client) -> None:
    assert headings(judge(reader, NPE, device="pe7")) == ["Verdicts on pe7"]


def test_each_logical_system_has_its_own_verdicts(reader: Client) -> None:
    response = judge(reader, file=as_file(SYSTEMS.read_bytes()))

    assert len(headings(response)) > 1
    assert ":" in headings(response)[1]


def test_the_site_s_own_rules_are_chosen_first(reader: Client, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"PROFILE": "extended", "CAPABILITY_POLICY": "all"}

    chosen = parse(reader.get(TRY)).xpath("//select/option[@selected]/@value")

    assert chosen == ["extended", "all"]


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_the_sample_of_a_rule_can_be_tried(reader: Client, rule: str) -> None:
    (form,) = [
        form for form in parse(reader.get(f"{TRY}?rule={rule}")).forms if "profile" in form.fields
    ]

    response = reader.post(form.action, {k: v for k, v in form.form_values() if k != "file"})

    if rule == "down":
        assert problems(response) == [NO_CONFIGURATION]
    else:
        assert problems(response) == []


@pytest.mark.parametrize("rule", ["nonsense", "<script>", ""])
def test_without_such_a_rule_the_field_is_empty(reader: Client, rule: str) -> None:
    (text,) = parse(reader.get(TRY, {"rule": rule})).xpath("//textarea")
    assert not words(text)


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ("hostname r1", "The configuration is not XML: it does not start with <."),
        (
            "<configuration><a></configuration>",
            "The configuration is not well-formed XML (line 1).",
        ),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "The configuration has a DOCTYPE, which is refused; remove it.",
        ),
        ("<a/>", NO_CONFIGURATION),
        ("   ", "The configuration is empty; XML was expected."),
        ("", "Paste a configuration or choose a file; not both."),
    ],
)
def test_what_is_no_configuration_is_refused_in_a_sentence(
    reader: Client, configuration: str, text: str
) -> None:
    response = judge(reader, configuration)

    assert problems(response) == [text]
    assert not headings(response)


def test_a_configuration_and_a_file_are_one_too_many(reader: Client) -> None:
    response = judge(reader, NPE, file=as_file(NPE))

    assert problems(response) == ["Paste a configuration or choose a file; not both."]


@pytest.mark.parametrize("field", ["profile", "capability_policy"])
def test_rules_that_there_are_not_are_refused(reader: Client, field: str) -> None:
    response = judge(reader, NPE, **{field: "nonsense"})

    assert "is not one of the available choices" in problems(response)[0]


def test_more_than_a_form_takes_is_to_come_as_a_file(reader: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    pasted = judge(reader, NPE + " " * 1000)
    assert pasted.status_code == 413
    page: Any = html.fromstring(pasted.content.decode())
    (problem,) = [words(each) for each in page.xpath("//p[@class='errornote']")]
    assert problem == "That is too much to be pasted; save it and choose the file."
    assert headings(judge(reader, file=as_file(NPE + " " * 1000))) == ["Verdicts on r"]


def test_a_file_is_kept_in_memory_however_large_it_is(
    reader: Client, settings: Any, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "there is no such folder")

    assert headings(judge(reader, file=as_file(NPE))) == ["Verdicts on r"]


def test_a_file_beyond_every_configuration_is_refused(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_BYTES", 1000)
    monkeypatch.setattr(classification, "MOST_BYTES", 1000)

    response = judge(reader, file=as_file(NPE + " " * 200_000))

    assert problems(response) == ["The configuration is larger than 1000 bytes."]


def test_what_is_shown_of_many_interfaces_says_how_many_more_there_are(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_INTERFACES", 1)

    response = judge(reader, NPE)

    assert "1 more interface is not shown; the API answers with all of them." in words(
        parse(response)
    )


@pytest.mark.parametrize("outcome", ["verdicts", "refusal", "form error"])
def test_what_was_handed_in_is_not_sent_back(reader: Client, outcome: str) -> None:
    text = {"verdicts": NPE, "refusal": f"<{SECRET}", "form error": NPE}[outcome]
    values = {"profile": "nonsense"} if outcome == "form error" else {}

    response = judge(reader, text, **values)

    assert SECRET not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def _rows() -> int:
    kept: list[type[Model]] = [each for each in apps.get_models() if each.__name__ != "Session"]
    return sum(each._default_manager.count() for each in kept)


def test_nothing_is_stored(reader: Client) -> None:
    before = _rows()

    judge(reader, NPE)

    assert _rows() == before


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_values: Any) -> None:
        raise RuntimeError("the worst case")

    monkeypatch.setattr(trial, "classify_document", fail)


def test_a_defect_does_not_write_the_configuration_into_logs_or_mails(
    reader: Client, broken: None, settings: Any, mailoutbox: Any, caplog: Any
) -> None:
    settings.ADMINS = [("root", "root@example.org")]
    settings.DEBUG = False
    reader.raise_request_exception = False

    with caplog.at_level(logging.DEBUG):
        response = judge(reader, NPE)

    assert response.status_code == 500
    assert SECRET not in response.content.decode() + caplog.text
    assert all(SECRET not in str(mail.message()) for mail in mailoutbox)


def test_hostile_names_are_escaped(reader: Client) -> None:
    evil = "<script>alert(1)</script>"
    quoted = "&lt;script&gt;alert(1)&lt;/script&gt;"
    text = NPE.replace("ge-0/0/1", f"ge-0/0/1{quoted}").replace(">r<", f">{quoted}<")

    for response in (judge(reader, text), judge(reader, NPE, device=evil)):
        assert evil not in response.content.decode()


@pytest.mark.parametrize(
    ("permissions", "status"), [((), 403), (("view_device",), 200), (("change_device",), 200)]
)
def test_trying_is_for_those_who_may_view_devices(
    permissions: tuple[str, ...], status: int
) -> None:
    client = browser_of(make_user("somebody", *permissions))

    assert client.get(TRY).status_code == status
    assert judge(client, NPE).status_code == status
    shown = parse(client.get("/admin/prestage/rules/")).xpath("//a[contains(@href, 'try/')]")
    assert bool(shown) == (status == 200)


def test_nothing_is_judged_without_the_token_against_forgery() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    assert judge(client, NPE).status_code == 403
    assert judge(client, file=as_file(NPE)).status_code == 403
    page = parse(client.get(TRY))
    (token,) = page.xpath("//form[@data-trial]//input[@name='csrfmiddlewaretoken']/@value")
    assert headings(judge(client, NPE, csrfmiddlewaretoken=token)) == ["Verdicts on r"]


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    response = judge(client, NPE)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")
