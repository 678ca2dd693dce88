import hashlib
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.errors import Refused
from prestage_plugin.models import ApiToken, Job, JobTransition
from prestage_plugin.services.tokens import authenticate_token, create_token, revoke_token
from tests.prestage_plugin.api.conftest import client_with, make_token
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_a_token_is_its_user(operator: User, scheme: str) -> None:
    make_devices(1)
    job = make_job(operator)
    make_job(make_user("bob", *OPERATOR))

    response = client_with(make_token(operator, "read"), scheme=scheme).get(JOBS)

    assert [each["id"] for each in response.json()["results"]] == [job.pk]


def test_what_a_token_did_shows_its_name(operator: User) -> None:
    make_devices(1)
    client = client_with(make_token(operator, "read", "jobs", name="ci"))
    job = client.post(JOBS, {}, format="json").json()

    client.post(f"{JOBS}{job['id']}/cancel/")

    actors = JobTransition.objects.filter(job=job["id"]).values_list("actor", flat=True)
    assert set(actors) == {"alice via token ci"}
    assert Job.objects.get().username == "alice"


@pytest.mark.parametrize(
    ("scopes", "read", "start"),
    [
        (("read",), 200, 403),
        (("jobs",), 403, 202),
        (("read", "jobs"), 200, 202),
        (("roles",), 403, 403),
        (("events",), 403, 403),
    ],
)
def test_a_token_does_what_its_scopes_say(
    operator: User, scopes: tuple[str, ...], read: int, start: int
) -> None:
    make_devices(1)
    client = client_with(make_token(operator, *scopes))

    assert client.get(JOBS).status_code == read
    assert client.post(JOBS, {}, format="json").status_code == start


def test_a_scope_that_is_missing_is_named(operator: User) -> None:
    response = client_with(make_token(operator, "read", name="ci")).post(JOBS, {}, format="json")

    assert (response.status_code, response.json()["code"]) == (403, "scope-missing")
    assert response.json()["detail"] == "The token ci has not the scope jobs."
    assert response["WWW-Authenticate"] == (
        'Bearer realm="prestage", error="insufficient_scope", scope="jobs"'
    )


def test_a_token_may_no_more_than_its_user() -> None:
    make_devices(1)
    client = client_with(make_token(make_user("viewer", "view_job"), "read", "jobs"))

    response = client.post(JOBS, {}, format="json")

    assert (response.status_code, response.json()["code"]) == (403, "permission-denied")


def _expired(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())


def _revoked(token: ApiToken) -> None:
    assert revoke_token(token_id=token.pk)
    assert not revoke_token(token_id=token.pk)


def _inactive(token: ApiToken) -> None:
    User.objects.filter(pk=token.user_id).update(is_active=False)


def _gone(token: ApiToken) -> None:
    token.user.delete()


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (_expired, "token-expired"),
        (_revoked, "invalid-token"),
        (_inactive, "invalid-token"),
        (_gone, "invalid-token"),
    ],
)
def test_a_token_ends(operator: User, ended: Any, code: str) -> None:
    secret = make_token(operator, "read")
    client = client_with(secret)
    assert client.get(JOBS).status_code == 200

    ended(ApiToken.objects.get())
    response = client.get(JOBS)

    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response["WWW-Authenticate"] == 'Bearer realm="prestage", error="invalid_token"'


@pytest.mark.parametrize(
    "secret",
    ["", "x", "prestage_aaaaaaaaaaaa_" + "b" * 43, "prestage_\x00", "\u00e9" * 64, "a b c"],
)
def test_what_is_no_token_is_refused(operator: User, secret: str) -> None:
    with pytest.raises(Refused) as refusal:
        authenticate_token(secret)

    assert refusal.value.code == "invalid-token"


def test_another_secret_with_the_same_prefix_is_refused(operator: User) -> None:
    secret = make_token(operator, "read")

    response = client_with(f"{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}").get(JOBS)

    assert (response.status_code, response.json()["code"]) == (401, "invalid-token")


def test_a_wrong_token_beside_a_session_is_refused(operator: User, api: APIClient) -> None:
    response = api.get(JOBS, headers={"Authorization": "Bearer nonsense"})

    assert response.status_code == 401


def test_the_secret_is_nowhere(operator: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = make_token(operator, "read")
    wrong = secret[:-4] + "AAAA"

    answers = [client_with(each).get(JOBS) for each in (secret, wrong)]

    row = str(ApiToken.objects.values().get())
    part = secret.rpartition("_")[2][:20]
    assert part not in row
    assert all(part not in answer.content.decode() for answer in answers)
    assert part not in caplog.text
    assert part not in repr(ApiToken.objects.get())


def test_use_is_noted_every_few_minutes(operator: User, django_assert_num_queries: Any) -> None:
    client = client_with(make_token(operator, "read"))
    client.get(JOBS)
    first = ApiToken.objects.get().last_used_at
    assert first is not None

    # token with user, two of the permissions, jobs
    with django_assert_num_queries(4):
        client.get(JOBS)
    assert ApiToken.objects.get().last_used_at == first

    ApiToken.objects.update(last_used_at=first - timedelta(minutes=6))
    client.get(JOBS)
    assert (ApiToken.objects.get().last_used_at or first) > first - timedelta(minutes=6)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "bad-token-name"),
        ({"name": "x" * 65}, "bad-token-name"),
        ({"name": "a\nb"}, "bad-token-name"),
        ({"scopes": []}, "bad-scopes"),
        ({"scopes": ["read", "all"]}, "bad-scopes"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "in-the-past"),
        ({"name": "ci"}, "token-exists"),
    ],
)
def test_what_makes_no_token(operator: User, values: dict[str, Any], code: str) -> None:
    make_token(operator, "read", name="ci")
    wanted = {"name": "other", "scopes": ["read"]} | values

    with pytest.raises(Refused) as refusal:
        create_token(user=operator, created_by="root", **wanted)

    assert refusal.value.code == code
    assert ApiToken.objects.count() == 1


def test_the_name_of_a_revoked_token_is_free_again(operator: User) -> None:
    make_token(operator, "read", name="ci")
    revoke_token(token_id=ApiToken.objects.get().pk)

    make_token(operator, "read", name="ci")

    assert ApiToken.objects.usable().count() == 1


def test_a_token_reads_itself_without_its_secret(operator: User) -> None:
    secret = make_token(operator, "read", "jobs", name="ci")

    response = client_with(secret).get("/prestage/api/v1/tokens/current/")

    document = response.json()
    assert (document["name"], document["user"], document["scopes"]) == (
        "ci",
        "alice",
        ["read", "jobs"],
    )
    assert document["prefix"] == secret.split("_")[1]
    assert secret.split("_", 2)[2] not in response.content.decode()
    assert not {"digest", "secret"} & set(document)


def test_a_session_has_no_token_of_its_own(api: APIClient) -> None:
    assert api.get("/prestage/api/v1/tokens/current/").status_code == 404


def test_tokens_are_listed_for_their_user_and_all_for_superusers(
    operator: User, api: APIClient
) -> None:
    make_token(operator, "read", name="ci")
    make_token(make_user("bob"), "read", name="other")
    root = APIClient()
    root.force_login(User.objects.create_superuser("root"))

    names = [
        [token["name"] for token in client.get("/prestage/api/v1/tokens/").json()["results"]]
        for client in (api, root)
    ]

    assert names == [["ci"], ["other", "ci"]]


TOKENS = "/prestage/api/v1/tokens/"


def made(name: str = "new", prefix: str = "k3v9x0b2m1qz", **values: Any) -> tuple[str, Any]:
    """Return a secret as a program makes it, and the body that registers it."""
    secret = f"prestage_{prefix}_{'s' * 43}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return secret, {"name": name, "scopes": ["read"], "prefix": prefix, "digest": digest} | values


@pytest.fixture
def maker() -> User:
    return make_user("edith", *OPERATOR, "add_apitoken")


def test_a_program_makes_its_successor_and_ends_itself(maker: User) -> None:
    old = client_with(make_token(maker, "read", "site", name="old"))
    secret, body = made()

    response = old.post(TOKENS, body, format="json")
    new = client_with(secret)
    mine = new.get(f"{TOKENS}current/").json()

    assert (response.status_code, response["Location"]) == (201, mine["links"]["self"])
    assert (mine["name"], mine["user"], mine["created_by"]) == ("new", "edith", "edith")
    assert "s" * 20 not in response.content.decode()
    assert body["digest"] not in response.content.decode()
    number = old.get(f"{TOKENS}current/").json()["id"]
    assert old.post(f"{TOKENS}{number}/revoke/").json()["revoked_at"]
    assert old.get(TOKENS).status_code == 401
    assert new.get(TOKENS).status_code == 200
    entries = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert list(entries) == [
        ("new", "Made. (API, token old)"),
        ("old", "Revoked. (API, token old)"),
    ]


def test_the_same_request_twice_makes_one_token(maker: User) -> None:
    client = client_with(make_token(maker, "read", "site"))
    _secret, body = made()

    answers = [
        client.post(TOKENS, body, format="json", headers={"Idempotency-Key": "1"}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert ApiToken.objects.filter(name="new").count() == 1


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"scopes": ["read", "jobs"]}, 400, "beyond-maker"),
        ({"expires_at": None}, 400, "beyond-maker"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, 400, "beyond-maker"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "in-the-past"),
        ({"user": "alice"}, 403, "permission-denied"),
        ({"scopes": []}, 400, "empty"),
        ({"prefix": "K3V9X0B2M1QZ"}, 400, "invalid"),
        ({"digest": "5e"}, 400, "invalid"),
        ({"secret": "x"}, 400, "unknown-field"),
        ({"name": "mine"}, 409, "token-exists"),
    ],
)
def test_what_a_token_cannot_make(
    maker: User, operator: User, values: dict[str, Any], status: int, code: str
) -> None:
    secret = make_token(maker, "read", "site", name="mine")
    ends = timezone.now() + timedelta(days=1)
    ApiToken.objects.update(expires_at=ends)
    _secret, body = made(expires_at=ends.isoformat())

    response = client_with(secret).post(TOKENS, body | values, format="json")

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert ApiToken.objects.count() == 1


def test_a_prefix_belongs_to_one_token(maker: User) -> None:
    client = client_with(make_token(maker, "read", "site"))
    client.post(TOKENS, made(name="a")[1], format="json")

    response = client.post(TOKENS, made(name="b")[1], format="json")

    assert (response.status_code, response.json()["code"]) == (409, "prefix-taken")


def test_superusers_make_and_revoke_tokens_of_others(operator: User) -> None:
    root = APIClient()
    root.force_login(User.objects.create_superuser("root"))
    secret, body = made(user="alice")

    number = root.post(TOKENS, body, format="json").json()["id"]

    assert client_with(secret).get(JOBS).status_code == 200
    assert root.post(TOKENS, body | {"user": "nobody"}, format="json").json()["code"] == (
        "unknown-user"
    )
    for _ in range(2):
        assert root.post(f"{TOKENS}{number}/revoke/").status_code == 200
    assert client_with(secret).get(JOBS).status_code == 401
    assert LogEntry.objects.filter(change_message__startswith="Revoked.").count() == 1


def test_tokens_of_others_are_not_there(maker: User, operator: User) -> None:
    make_token(operator, "read", name="ci")
    number = ApiToken.objects.get().pk
    client = client_with(make_token(maker, "read", "site"))

    assert client.get(f"{TOKENS}{number}/").status_code == 404
    assert client.post(f"{TOKENS}{number}/revoke/").status_code == 404
    assert ApiToken.objects.usable().count() == 2
