from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from lxml import etree, html

from nornir_tasks.rules import RULES
from prestage_plugin.admin.rules.samples import indented_sample
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db
RULES_PAGE = "/admin/prestage/rules/"


@pytest.fixture
def reader(db: None) -> Client:
    """Somebody who may enter the admin, and nothing else."""
    return browser_of(make_user("rita"))


def sections(page: html.HtmlElement) -> dict[str, html.HtmlElement]:
    return {words(each.find("h2")): each for each in page.xpath("//div[@class='module']")}


def test_every_rule_is_listed_with_type_description_profiles_and_sample(reader: Client) -> None:
    response = reader.get(RULES_PAGE)

    rows = [
        row
        for title in ("Rules for devices", "Rules for interfaces")
        for row in table(response, f"//div[h2='{title}']//table")
    ]
    assert [row[0].split()[0] for row in rows] == [rule.id for rule in RULES]
    assert rows[1][:4] == [
        "R2 ebgp",
        "BGP type",
        "EBGP in the main instance makes the device a P router.",
        "csd, extended",
    ]
    assert "<type>external</type>" in rows[1][4]


def test_samples_are_laid_out_and_still_the_same() -> None:
    for rule in RULES:
        sample = indented_sample(rule.id)
        plain = etree.tostring(
            etree.fromstring(sample, etree.XMLParser(remove_blank_text=True)), encoding="unicode"
        )
        assert plain == rule.sample
        assert sample.count("\n") > 1


def test_profiles_say_what_they_decide(reader: Client, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"PROFILE": "extended", "CAPABILITY_POLICY": "all"}

    found = sections(parse(reader.get(RULES_PAGE)))

    assert "Profile csd" in found
    own = words(found["Profile extended (of this site, with capability policy all)"])
    assert "loopback → comment → ebgp-and-mpls → capabilities → core-only" in own
    assert "EBGP without a type is seen by the AS of the peer." in own


def test_nothing_can_be_changed(reader: Client) -> None:
    assert not [form for form in parse(reader.get(RULES_PAGE)).forms if "rule" in form.fields]
    assert reader.get(f"{RULES_PAGE}add/").status_code in {302, 404}


def test_who_has_no_other_permission_finds_them_in_the_menu(reader: Client) -> None:
    links = parse(reader.get("/admin/")).xpath("//div[@id='content-main']//th/a/@href")

    assert links == [RULES_PAGE]


def test_who_may_not_enter_the_admin_sees_none(client: Client) -> None:
    assert client.get(RULES_PAGE).status_code == 302
    client.force_login(User.objects.create_user("api"))
    assert client.get(RULES_PAGE).status_code == 302


def test_queries_are_two(reader: Client, django_assert_num_queries: Any) -> None:
    # session, user, and two of the permissions
    with django_assert_num_queries(4):
        reader.get(RULES_PAGE)
