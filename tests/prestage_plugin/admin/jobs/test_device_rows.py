"""The devices of a job: why each got its role, by outcome and error, at any length."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nornir_tasks.errors import ErrorCode
from nornir_tasks.evaluation import RuleVerdict, Verdict
from nornir_tasks.facts import Evidence
from nornir_tasks.outcome import HostError
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.states import DeviceState
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_device, make_devices, make_job
from tests.prestage_plugin.services.build import failure, run_job

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
EVIL = "<img src=x onerror=alert(1)>"


def why(row: JobDevice) -> str:
    return f"{JOBS}{row.job_id}/devices/{row.pk}/"


def test_every_rule_with_its_verdict_reason_and_evidence(browser: Client, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {})
    (link,) = parse(browser.get(f"{JOBS}{job.pk}/change/")).xpath("//a[@class='prestage-why']")

    response = browser.get(link.get("href"))

    ((rule, verdict, reason, path, value),) = table(response, "//div[h2]//table")
    assert words(link) == "capabilities"
    assert (rule, verdict, reason) == ("R3 loopback", "✓ pass", "lo0.0 has an address.")
    assert (path, value) == ("—", "—")


def test_what_devices_say_is_escaped(browser: Client, operator: User) -> None:
    make_device(EVIL)
    job = run_job(make_job(operator), {})
    row = job.devices.get()
    rule = RuleVerdict("R1", EVIL, Verdict.PASS, EVIL, (Evidence(EVIL, EVIL),)).as_dict()
    row.evidence = [{"device": EVIL, "role": "N-PE", "reason": EVIL, "rules": [rule]}]
    row.reason = EVIL
    row.save()

    for address in (why(row), f"{JOBS}{job.pk}/change/", f"{JOBS}{job.pk}/live/"):
        content = browser.get(address).content.decode()
        assert EVIL not in content
        assert "&lt;img src=x onerror=alert(1)&gt;" in content


def test_a_failed_device_says_what_to_do(browser: Client, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {"pe0001": HostError(ErrorCode.AUTHENTICATION, "Refused.")})

    text = words(parse(browser.get(why(job.devices.get()))))

    assert "authentication Refused. Correct the credentials" in text
    assert "It has not been evaluated in this job." in text


def test_the_errors_that_there_are_lead_to_their_devices(browser: Client, operator: User) -> None:
    make_devices(4)
    job = run_job(
        make_job(operator),
        {
            "pe0001": failure(ErrorCode.AUTHENTICATION),
            "pe0002": failure(ErrorCode.UNREACHABLE),
            "pe0003": failure(ErrorCode.AUTHENTICATION),
        },
    )
    address = f"{JOBS}{job.pk}/change/"

    links = parse(browser.get(address)).xpath("//nav[@aria-label='Devices by error']/a")
    found = {
        words(link): [
            row[0]
            for row in table(
                browser.get(address + link.get("href")), "//div[@id='prestage-rows']//table"
            )
        ]
        for link in links
    }

    assert found == {"authentication": ["pe0001", "pe0003"], "unreachable": ["pe0002"]}


def test_a_long_job_is_read_by_an_index_and_never_counted(browser: Client, operator: User) -> None:
    make_devices(2)
    job = run_job(make_job(operator), {"pe0002": failure()})
    like_this = {**job.devices.values().get(device_name="pe0002"), "id": None}
    JobDevice.objects.bulk_create(
        JobDevice(**like_this | {"device_name": f"x{number:05}"}) for number in range(3000)
    )
    Job.objects.filter(pk=job.pk).update(failed=3001, total=3002)

    for query in ("", "?state=failed", "?error=unreachable", "?state=failed&after=x01000"):
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"{JOBS}{job.pk}/change/{query}").status_code == 200
            statements = [each["sql"] for each in queries if "jobdevice" in each["sql"]]
        assert not [sql for sql in statements if "COUNT(" in sql]
        (rows,) = [sql for sql in statements if "LIMIT 51" in sql]
        plan = explain(rows)
        assert "USING INDEX" in plan
        assert "TEMP B-TREE" not in plan, plan


def explain(sql: str) -> str:
    if connection.vendor != "sqlite":
        pytest.skip("the words of the plan are SQLite's")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " ".join(str(row[-1]) for row in cursor.fetchall())


def test_rows_without_a_count_are_found_by_each_outcome(browser: Client, operator: User) -> None:
    make_devices(3)
    job = run_job(make_job(operator), {"pe0002": failure()})
    address = f"{JOBS}{job.pk}/change/"
    boxes: list[Any] = parse(browser.get(address)).xpath("//nav[@class='prestage-boxes']/a")

    for box in boxes:
        count = int(words(box).split()[0])
        response = browser.get(address + box.get("href"))
        selector = "//div[@id='prestage-rows']//table"
        found = table(response, selector) if parse(response).xpath(selector) else []
        assert len(found) == count
    assert len(boxes) == len(DeviceState) + 1
