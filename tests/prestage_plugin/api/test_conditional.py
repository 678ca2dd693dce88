from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from prestage_plugin.api.core.conditional import (
    PreconditionFailed,
    PreconditionRequired,
    check_match,
    entity_tag,
)
from prestage_plugin.models import Job
from prestage_plugin.services.lifecycle import claim_shard
from prestage_plugin.services.results import record
from tests.prestage_plugin.factories import make_devices, make_job

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


@pytest.fixture
def job(operator: User) -> Job:
    make_devices(3)
    return make_job(operator)


@pytest.mark.parametrize("path", ["", "{}/", "{}/devices/", "{}/transitions/"])
def test_a_poll_that_sees_nothing_new_is_304(api: APIClient, job: Job, path: str) -> None:
    path = JOBS + path.format(job.pk)
    first = api.get(path)

    for tag in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        response = api.get(path, headers={"If-None-Match": tag})
        assert response.status_code == 304
        assert response.content == b""
        assert response["ETag"] == first["ETag"]
    assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert first["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first["Vary"]


def test_whatever_changes_in_a_job_changes_its_tag(api: APIClient, job: Job) -> None:
    tags = [api.get(f"{JOBS}{job.pk}/")["ETag"]]
    claim = claim_shard(shard_id=job.shards.get().pk, worker="test")
    assert claim is not None
    tags.append(api.get(f"{JOBS}{job.pk}/")["ETag"])
    record(claim=claim, started={"pe0001": timezone.now()}, results=[])
    tags.append(api.get(f"{JOBS}{job.pk}/")["ETag"])
    api.post(f"{JOBS}{job.pk}/cancel/")
    tags.append(api.get(f"{JOBS}{job.pk}/")["ETag"])

    assert len(set(tags)) == len(tags)


def test_each_form_has_a_tag_of_its_own(api: APIClient, job: Job) -> None:
    path = f"{JOBS}{job.pk}/"
    tags = {
        api.get(path)["ETag"],
        api.get(f"{path}?fields=id")["ETag"],
        api.get(path, headers={"Accept-Language": "de"})["ETag"],
    }

    assert len(tags) == 3


def test_a_304_costs_one_query_and_those_that_know_the_user_now_and_then(
    api: APIClient, job: Job, django_assert_num_queries: Any
) -> None:
    path = f"{JOBS}{job.pk}/"
    tag = api.get(path)["ETag"]

    # job, session, user, two of the permissions; who asks is remembered for some seconds
    for count in (5, 1, 1):
        with django_assert_num_queries(count):
            assert api.get(path, headers={"If-None-Match": tag}).status_code == 304


def _request(url: str = "/", **headers: str) -> Request:
    return Request(APIRequestFactory().get(url, headers=headers))


def test_an_edit_of_another_version_is_refused() -> None:
    now = timezone.now()
    tag = entity_tag(_request(), [1, now])

    check_match(_request(), [1, now])
    check_match(_request(**{"If-Match": tag}), [1, now], required=True)
    check_match(_request(**{"If-Match": f"W/{tag}"}), [1, now])
    check_match(_request(**{"If-Match": "*"}), [1, now])
    check_match(_request(**{"If-Match": entity_tag(_request("/?fields=id"), [1, now])}), [1, now])
    with pytest.raises(PreconditionFailed):
        check_match(_request(**{"If-Match": tag}), [1, now + timedelta(seconds=1)])
    with pytest.raises(PreconditionFailed):
        check_match(_request(**{"If-Match": "nonsense"}), [1, now])
    with pytest.raises(PreconditionRequired):
        check_match(_request(), [1, now], required=True)
