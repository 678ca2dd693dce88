import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.prestage_plugin.factories import OPERATOR, make_user


@pytest.fixture
def operator(db: None) -> User:
    return make_user("alice", *OPERATOR)


@pytest.fixture
def browser(operator: User) -> Client:
    """Somebody who may start jobs and look at the own ones."""
    return browser_of(operator)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
