"""django-q2's own pages can run any Python function: they are for superusers only."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django_q.models import Schedule

from tests.prestage_plugin.admin.conftest import browser_of

pytestmark = pytest.mark.django_db

PAGES = ("schedule", "success", "failure", "ormq")


@pytest.fixture
def almighty_staff() -> Client:
    """Somebody with every permission there is, but no superuser."""
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return browser_of(user)


@pytest.mark.parametrize("page", PAGES)
def test_permissions_are_not_enough(almighty_staff: Client, page: str) -> None:
    assert almighty_staff.get(f"/admin/django_q/{page}/").status_code == 403
    assert almighty_staff.post(f"/admin/django_q/{page}/").status_code == 403


def test_the_index_does_not_show_them(almighty_staff: Client) -> None:
    page = almighty_staff.get("/admin/").content.decode()
    assert "/admin/prestage/job/" in page
    assert "/admin/django_q/" not in page


def test_a_forged_schedule_is_refused(almighty_staff: Client) -> None:
    before = Schedule.objects.count()
    fields = {"name": "x", "func": "os.system", "args": "'id'", "schedule_type": "O", "repeats": 1}
    assert almighty_staff.post("/admin/django_q/schedule/add/", fields).status_code == 403
    assert Schedule.objects.count() == before


@pytest.mark.parametrize("page", PAGES)
def test_superusers_reach_them(page: str) -> None:
    browser = browser_of(User.objects.create_superuser("root"))
    assert browser.get(f"/admin/django_q/{page}/").status_code == 200
