"""Who acts: the name that histories and audits show."""

from django.contrib.auth.models import User
from rest_framework.request import Request

from prestage_plugin.models import ApiToken

__all__ = ["actor_of", "user_of"]

_LENGTH = 150
"""Of the columns that keep actors."""


def user_of(request: Request) -> User:
    """Return the user of a request that has one."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: Request) -> str:
    """Return the login, and the name of the token that was used, e.g. `alice via token ci`."""
    login = user_of(request).get_username()
    if isinstance(request.auth, ApiToken):
        return f"{login} via token {request.auth.name}"[:_LENGTH]
    return login
