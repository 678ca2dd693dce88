"""`manage.py prestage token`: make, list and revoke tokens of the API."""

import pytest

from prestage_plugin.models import ApiToken
from prestage_plugin.services.tokens import authenticate_token
from tests.prestage_plugin.commands.calling import Answer, refusal_of
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_secret_alone_is_printed_so_that_a_script_can_keep_it() -> None:
    user = make_user("alice")

    answer = Answer("token", "create", "ci", "--user", "alice", "--scope", "read", "jobs")

    token = authenticate_token(answer.out.strip())
    assert (token.user, token.name, token.scopes) == (user, "ci", ["read", "jobs"])
    assert token.expires_at is None
    assert answer.out.strip() not in answer.err


def test_a_token_can_end_by_itself() -> None:
    make_user("alice")

    Answer("token", "create", "ci", "--user", "alice", "--scope", "read", "--days", "2")

    token = ApiToken.objects.get()
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).days in {1, 2}


def test_a_list_shows_no_secret_and_a_revoked_token_has_ended() -> None:
    make_user("alice")
    secret = Answer("token", "create", "ci", "--user", "alice", "--scope", "read").out.strip()
    prefix = ApiToken.objects.get().prefix

    before = Answer("token", "list", "--user", "alice").out
    Answer("token", "revoke", prefix)
    after = Answer("token", "list").out

    assert "usable" in before
    assert "ended" in after
    assert secret not in before + after
    assert prefix in before


def test_what_is_refused() -> None:
    make_user("alice")

    assert "unknown-user" in refusal_of("token", "create", "a", "--user", "bob", "--scope", "read")
    assert "unknown-token" in refusal_of("token", "revoke", "nonsense")
    assert "in-the-past" in refusal_of(
        "token", "create", "a", "--user", "alice", "--scope", "read", "--days", "0"
    )
