from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import ApiToken
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, words
from tests.prestage_plugin.api.conftest import client_with, make_token
from tests.prestage_plugin.factories import OPERATOR, make_user

pytestmark = pytest.mark.django_db
TOKENS = "/admin/prestage/apitoken/"
MAKER = (*OPERATOR, "add_apitoken", "view_apitoken")


@pytest.fixture
def maker() -> Client:
    return browser_of(make_user("mia", *MAKER))


def add(browser: Client, **values: Any) -> Any:
    form = {"name": "ci", "scopes": ["read"], "expires_at_0": "", "expires_at_1": ""} | values
    return browser.post(f"{TOKENS}add/", form)


def test_the_secret_is_shown_once_and_works(maker: Client) -> None:
    user = User.objects.get()

    response = add(maker, user=user.pk)

    [secret] = parse(response).xpath("//code[@id='secret']")
    token = ApiToken.objects.get()
    assert (token.created_by, token.scopes, token.expires_at) == ("mia", ["read"], None)
    assert response["Cache-Control"].startswith("max-age=0")
    assert words(secret) not in str(response.cookies)
    assert client_with(words(secret)).get("/prestage/api/v1/jobs/").status_code == 200
    assert words(secret)[-20:] not in maker.get(TOKENS).content.decode()


def test_nobody_makes_a_token_for_somebody_else(maker: Client) -> None:
    other = make_user("root", is_superuser=True)

    response = add(maker, user=other.pk)

    assert "Select a valid choice" in response.content.decode()
    assert not ApiToken.objects.exists()


def test_a_superuser_does() -> None:
    browser = browser_of(make_user("root", is_superuser=True))
    alice = make_user("alice")

    add(browser, user=alice.pk)

    token = ApiToken.objects.get()
    assert (token.user, token.created_by) == (alice, "root")


def test_a_name_that_is_taken_is_said(maker: Client) -> None:
    user = User.objects.get()
    add(maker, user=user.pk)

    response = add(maker, user=user.pk)

    assert ApiToken.objects.count() == 1
    assert "already" in response.content.decode()


def test_one_sees_and_revokes_the_own_tokens_alone(maker: Client) -> None:
    mia = User.objects.get()
    own = make_token(mia, "read", name="mine")
    theirs = make_token(make_user("bob"), "read", name="theirs")

    page = maker.get(TOKENS).content.decode()
    chosen = list(ApiToken.objects.values_list("pk", flat=True))
    asked = maker.post(TOKENS, {"action": "revoke", "_selected_action": chosen})
    before = client_with(own).get("/prestage/api/v1/jobs/").status_code
    confirmed = {"action": "revoke", "_selected_action": chosen, "confirmed": "yes"}
    done = maker.post(TOKENS, confirmed, follow=True)
    again = maker.post(TOKENS, confirmed, follow=True)

    assert "nothing is answered to it any more" in asked.content.decode()
    assert "theirs" not in asked.content.decode()
    assert before == 200
    assert messages_of(again) == ["1 revoked already."]
    assert "mine" in page
    assert "theirs" not in page
    assert messages_of(done) == ["1 token revoked."]
    statuses = [
        client_with(each).get("/prestage/api/v1/jobs/").status_code for each in (own, theirs)
    ]
    assert statuses == [401, 200]


def test_who_may_not_is_refused() -> None:
    browser = browser_of(make_user("victor", "view_apitoken"))

    assert browser.get(TOKENS).status_code == 200
    assert browser.get(f"{TOKENS}add/").status_code == 403


def test_a_token_has_a_page_that_says_all_but_its_secret(maker: Client) -> None:
    secret = make_token(User.objects.get(), "read", name="mine")
    token = ApiToken.objects.get()

    page = maker.get(f"{TOKENS}{token.pk}/change/")

    assert page.status_code == 200
    assert token.prefix in page.content.decode()
    assert secret not in page.content.decode()
    assert maker.post(f"{TOKENS}{token.pk}/change/", {"name": "other"}).status_code == 403
