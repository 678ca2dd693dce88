"""What each page asks the database, which must not grow with what there is."""

from collections.abc import Callable

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from prestage_plugin.models import ApiToken, ChangeEvent, ListenerStatus, Schedule, UnknownSender
from prestage_plugin.services.directory import forget_directory
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.api.test_query_counts import grow
from tests.prestage_plugin.api.world import World, make_world

pytestmark = pytest.mark.django_db

ADMIN = "/admin/prestage/"


def first(model: type[Model]) -> str:
    row = model._default_manager.earliest("pk")
    return f"{model._meta.model_name}/{row.pk}/change/"


PAGES: dict[str, tuple[Callable[[World], str], int]] = {
    "dashboard": (lambda _: "", 25),
    "jobs": (lambda _: "job/", 5),
    "job": (lambda world: f"job/{world.failed}/change/", 7),
    "start": (lambda _: "job/start/", 4),
    "schedules": (lambda _: "schedule/", 5),
    "schedule": (lambda _: first(Schedule), 6),
    "discovery": (lambda _: "discovery/", 4),
    "assign": (lambda _: "recommendation/?stage=all", 6),
    "assign all": (lambda _: "recommendation/assign-all/", 4),
    "evidence": (lambda world: f"recommendation/{world.device}/change/", 8),
    "drift": (lambda _: "drift/", 5),
    "rules": (lambda _: "rules/", 2),
    "try": (lambda _: "rules/try/", 2),
    "devices": (lambda _: "device/", 6),
    "device": (lambda world: f"device/{world.device}/change/", 14),
    "interfaces": (lambda world: f"device/{world.device}/interfaces/", 5),
    "role history": (lambda world: f"device/{world.device}/roles/", 5),
    "what if": (lambda _: "device/what-if/?capability_policy=all&show=any", 7),
    "events": (lambda _: "changeevent/", 5),
    "event": (lambda _: first(ChangeEvent), 6),
    "unknown senders": (lambda _: "unknownsender/", 5),
    "unknown sender": (lambda _: first(UnknownSender), 6),
    "listeners": (lambda _: "listenerstatus/", 5),
    "listener": (lambda _: first(ListenerStatus), 6),
    "auto prestaging": (lambda _: "autosettings/", 3),
    "tokens": (lambda _: "apitoken/", 5),
    "token": (lambda _: first(ApiToken), 7),
    "new token": (lambda _: "apitoken/add/", 5),
}


def test_each_page_costs_the_same_where_there_is_more() -> None:
    world = make_world()
    client = browser_of(world.users["superuser"])
    for page in PAGES:
        count(page, client, world)  # what is remembered by the process afterwards

    small = {page: count(page, client, world) for page in PAGES}
    grow(world)
    large = {page: count(page, client, world) for page in PAGES}

    assert small == {page: number for page, (_address, number) in PAGES.items()}
    assert large == small


def count(page: str, client: Client, world: World) -> int:
    """Open a page, and return its number of statements."""
    forget_directory()
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"{ADMIN}{PAGES[page][0](world)}", follow=True)
    assert response.status_code == 200, page
    return len(queries)
