import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from prestage_plugin.api.core.throttling import forget_reads
from tests.prestage_plugin.factories import OPERATOR, make_user


@pytest.fixture(autouse=True)
def nobody_has_asked_before() -> None:
    forget_reads()
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
