import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from prestage_plugin.api.core.callers import forget_callers
from prestage_plugin.api.core.throttling import forget_reads
from prestage_plugin.api.jobs.polling import forget_bodies
from prestage_plugin.services.tokens import create_token
from tests.prestage_plugin.factories import OPERATOR, make_user


@pytest.fixture(autouse=True)
def nobody_has_asked_before() -> None:
    forget_reads()
    forget_callers()
    forget_bodies()
    cache.clear()


@pytest.fixture
def operator(db: None) -> User:
    return make_user("alice", *OPERATOR)


@pytest.fixture
def api(operator: User) -> APIClient:
    """A consumer who may start jobs and look at the own ones."""
    return client_of(operator)


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


def client_with(secret: str, *, scheme: str = "Bearer") -> APIClient:
    """Return a program that shows a token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {secret}")
    return client


def make_token(user: User, *scopes: str, name: str = "test") -> str:
    """Make a token, and return its secret."""
    _token, secret = create_token(user=user, name=name, scopes=scopes, created_by="root")
    return secret
