import logging
from datetime import timedelta
from typing import Any

import pytest
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
