import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tests.prestage_plugin.factories import OPERATOR, make_user


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
