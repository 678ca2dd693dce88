import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import UnknownSender
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db
SENDERS = "/prestage/api/v1/unknown-senders/"


@pytest.fixture
def sender() -> UnknownSender:
    now = timezone.now()
    return UnknownSender.objects.create(
        source="syslog", sender="<b>192.0.2.7</b>", events=3, first_at=now, last_at=now
    )


@pytest.fixture
def api() -> APIClient:
    return client_of(make_user("edith", "view_unknownsender", "delete_unknownsender"))


def test_one_is_read_and_forgotten_once(api: APIClient, sender: UnknownSender) -> None:
    path = f"{SENDERS}{sender.pk}/"
    assert api.get(path).json()["events"] == 3

    assert [api.delete(path).status_code for _ in range(2)] == [204, 404]
    assert not UnknownSender.objects.exists()
    [entry] = LogEntry.objects.all()
    assert (entry.action_flag, entry.change_message) == (DELETION, "Forgotten. (API)")


def test_one_that_was_heard_again_meanwhile_stays(api: APIClient, sender: UnknownSender) -> None:
    path = f"{SENDERS}{sender.pk}/"
    tag = api.get(path)["ETag"]
    UnknownSender.objects.update(events=4)

    assert api.delete(path, headers={"If-Match": tag}).status_code == 412
    assert api.delete(path, headers={"If-Match": api.get(path)["ETag"]}).status_code == 204


def test_who_may_view_may_not_forget(sender: UnknownSender) -> None:
    viewer = client_of(make_user("victor", "view_unknownsender"))

    assert viewer.get(f"{SENDERS}{sender.pk}/").status_code == 200
    assert viewer.delete(f"{SENDERS}{sender.pk}/").status_code == 403
