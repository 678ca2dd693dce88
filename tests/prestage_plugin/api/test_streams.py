"""The progress of a job as server-sent events."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.api.streams import poller, subscriptions
from prestage_plugin.api.streams.subscriptions import (
    MOST_STREAMS_OF_A_USER,
    Subscription,
    Subscriptions,
    TooManyStreams,
)
from prestage_plugin.models import ApiToken, Job
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.lifecycle import claim_shard
from prestage_plugin.services.results import record
from prestage_plugin.services.tokens import revoke_token
from tests.prestage_plugin.api.conftest import make_token
from tests.prestage_plugin.api.serving import Stream, running_uvicorn
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user

API = "/prestage/api/v1/"


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    with running_uvicorn(tmp_path / "uvicorn.log") as served:
        yield served.port
    assert "Traceback" not in (tmp_path / "uvicorn.log").read_text()


@pytest.fixture
def job(transactional_db: None) -> Job:
    make_devices(2)
    return make_job(make_user("alice", *OPERATOR))


def path_of(job: Job) -> str:
    return f"{API}jobs/{job.pk}/stream/"


def bearer(job: Job, *scopes: str) -> dict[str, str]:
    assert job.user is not None
    return {"Authorization": f"Bearer {make_token(job.user, *(scopes or ('read',)))}"}


@pytest.mark.slow
def test_a_stream_tells_every_change_until_the_job_has_ended(server: int, job: Job) -> None:
    headers = bearer(job)
    with Stream(server, path_of(job), **headers) as stream:
        assert stream.status == 200
        assert stream.response.headers["Content-Type"] == "text/event-stream"
        assert stream.response.headers["X-Accel-Buffering"] == "no"
        blocks = stream.blocks()
        assert next(blocks) == {"retry": "3000"}
        events = stream.events()
        assert next(events)[1]["state"] == "scheduled"

        claim = claim_shard(shard_id=job.shards.get().pk, worker="test")
        assert claim is not None
        record(claim=claim, started={"pe0001": timezone.now()}, results=[])
        running = next(event for _id, event in events if event["counts"]["running"])
        assert (running["state"], running["state_display"]) == ("in-progress", "In progress")

        Job.objects.filter(pk=job.pk).update(
            state="success", ended_at=timezone.now(), prestaged=2, summary="done"
        )
        rest = list(events)
        assert [event["state"] for _id, event in rest] == ["success"]

    last = rest[0][0]
    with Stream(server, path_of(job), **headers, **{"Last-Event-ID": last}) as stream:
        assert stream.status == 204
    with Stream(server, path_of(job), **headers, **{"Last-Event-ID": "older"}) as stream:
        assert [event["summary"] for _id, event in stream.events()] == ["done"]


@pytest.mark.slow
def test_who_follows_on_is_not_told_again_and_hears_the_end(server: int, job: Job) -> None:
    headers = bearer(job)
    with Stream(server, path_of(job), **headers) as stream:
        seen, _event = next(stream.events())

    with Stream(server, path_of(job), **headers, **{"Last-Event-ID": seen}) as stream:
        cancel_job(job_id=job.pk, actor="alice")
        assert [event["state"] for _id, event in stream.events()] == ["cancelled"]


@pytest.mark.slow
def test_who_may_not_read_the_job_may_not_follow_it(server: int, job: Job) -> None:
    bob = make_token(make_user("bob", *OPERATOR), "read")
    answers = {}
    for name, headers in {
        "nobody": {},
        "bob": {"Authorization": f"Bearer {bob}"},
        "jobs": bearer(job, "jobs"),
        "json": {"Authorization": f"Bearer {bob}", "Accept": "application/json"},
    }.items():
        with Stream(server, path_of(job), **headers) as stream:
            answers[name] = (stream.status, stream.document()["code"])

    assert answers == {
        "nobody": (401, "not-authenticated"),
        "bob": (404, "not-found"),
        "jobs": (403, "scope-missing"),
        "json": (406, "not-acceptable"),
    }


@pytest.mark.slow
def test_the_streams_of_a_user_are_limited_and_a_place_is_free_again(server: int, job: Job) -> None:
    headers = bearer(job)
    with ExitStack() as stack:
        streams = [
            stack.enter_context(Stream(server, path_of(job), **headers))
            for _ in range(MOST_STREAMS_OF_A_USER)
        ]
        for stream in streams:
            next(stream.events())
        with Stream(server, path_of(job), **headers) as refused:
            assert (refused.status, refused.document()["code"]) == (503, "too-many-streams")
            assert refused.response.headers["Retry-After"] == "30"

        streams[0].__exit__()
        give_up = time.monotonic() + 10
        status = 503
        while status == 503 and time.monotonic() < give_up:
            time.sleep(0.1)
            with Stream(server, path_of(job), **headers) as again:
                status = again.status
        assert status == 200


@pytest.mark.slow
def test_the_stream_of_a_token_that_is_revoked_ends(server: int, job: Job) -> None:
    with Stream(server, path_of(job), **bearer(job)) as stream:
        events = stream.events()
        next(events)
        revoke_token(token_id=ApiToken.objects.get().pk)

        assert list(events) == []


@pytest.mark.django_db
def test_under_wsgi_one_is_told_to_poll(api: APIClient, operator: Any) -> None:
    make_devices(1)
    job = make_job(operator)

    response = api.get(path_of(job), headers={"Accept": "text/event-stream"})

    assert (response.status_code, response.json()["code"]) == (406, "stream-needs-asgi")
    assert response["Content-Type"] == "application/problem+json"


def subscription(job: Job, **values: Any) -> Subscription:
    known = {"job_id": job.pk, "user_id": job.user_id, "sees_all_jobs": False, "token_id": None}
    return Subscription(**known | values)


@pytest.mark.django_db
def test_any_number_of_streams_costs_one_query(
    operator: Any, django_assert_num_queries: Any
) -> None:
    make_devices(1)
    jobs = [make_job(operator) for _ in range(3)]
    make_token(operator, "read")
    token = ApiToken.objects.get().pk
    streams = [subscription(job, token_id=token) for job in jobs for _ in range(20)]

    with django_assert_num_queries(1):
        poller._tell(streams)
    with django_assert_num_queries(2):
        poller._end_forbidden(streams)

    assert all(stream.version for stream in streams)
    assert not any(stream.ended for stream in streams)


@pytest.mark.django_db
def test_a_job_that_is_gone_or_somebody_elses_now_is_followed_no_more(operator: Any) -> None:
    make_devices(1)
    job = make_job(operator)
    own, all_of_them = subscription(job), subscription(job, sees_all_jobs=True)
    job.user = make_user("bob")
    job.save()

    poller._tell([own, all_of_them])
    assert (own.ended, all_of_them.ended) == (True, False)

    Job.objects.all().delete()
    poller._tell([all_of_them])
    assert all_of_them.ended


def test_news_wait_for_their_reader_and_wake_one_who_waits() -> None:
    job = Job(pk=1, user_id=1)
    stream = subscription(job)
    stream.tell(job, "1")
    stream.tell(job, "2")

    async def read() -> list[Any]:
        found: list[Any] = [await stream.news(patience=5)]
        found.append(await stream.news(patience=0.01))
        threading.Timer(0.05, stream.tell, (job, "3")).start()
        found.append(await stream.news(patience=5))
        stream.tell(job, "3")
        found.append(await stream.news(patience=0.01))
        threading.Timer(0.05, stream.end).start()
        found.append(await stream.news(patience=5))
        return found

    assert asyncio.run(read()) == [("2", job), None, ("3", job), None, None]
    assert stream.ended


def test_places_are_few_and_free_again_whatever_became_of_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "MOST_STREAMS", 3)
    places = Subscriptions()
    job = Job(pk=1, user_id=1)
    streams = [subscription(job, user_id=number) for number in range(3)]
    for stream in streams:
        places.add(stream)
    with pytest.raises(TooManyStreams):
        places.add(subscription(job, user_id=9))

    places.remove(streams[0])
    places.remove(streams[0])
    places.add(subscription(job, user_id=9))
    del streams, stream
    gc.collect()

    assert places.all() == []
