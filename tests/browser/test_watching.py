"""Start a job and watch it, without reloading the page."""

import time

import pytest
from django.contrib.auth.models import User

from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobState
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

JOBS = "/admin/prestage/job/"
REQUESTS = """
return performance.getEntriesByType("resource")
    .filter(entry => /\\/(rows|live)\\//.test(entry.name)).length;
"""
LONG = JobRequest(read_all=True)
SOME = Scope(kind="filter", filter=(("name", "npe-0001*"),))


def mark(person: Person) -> None:
    """Mark the page, so that a reload is noticed."""
    person.driver.execute_script("window.marked = true")


def is_marked(person: Person) -> bool:
    return bool(person.driver.execute_script("return window.marked === true"))


def requests(person: Person) -> int:
    count: int = person.driver.execute_script(REQUESTS)
    return count


def watch(person: Person, bar: str) -> list[int]:
    """Return the percentages that are to be seen until there are 100."""
    seen: list[int] = []

    def look() -> bool:
        percent = int(person.find(bar).get_attribute("value") or 0)
        if not seen or percent != seen[-1]:
            seen.append(percent)
        return percent == 100

    person.wait(look, "100 %", seconds=60)
    return seen


def test_start_a_job_and_watch_its_details(operator: Person) -> None:
    operator.go(JOBS)
    operator.press("Prestage devices")
    operator.click("//input[@name='read_all']")
    operator.press("Start")
    operator.see("//li[@class='success'][contains(., 'was started')]")
    mark(operator)

    seen = watch(operator, "//progress")
    operator.see("//*[contains(@class, 'prestage-status')]//*[.='Failure']")

    assert is_marked(operator)
    assert seen == sorted(seen)
    assert len(seen) >= 3, "it is to be seen on the way"
    box = operator.find("//a[@id='prestage-box-failed']")
    assert box.text.split() == ["3", "Failed"]
    assert operator.find("//button[@value='retry_jobs']").text == "Retry failed devices (3)…"


def test_the_row_of_a_running_job_refreshes_by_itself(operator: Person) -> None:
    operator.go(JOBS)
    submit_job(request=LONG, user=User.objects.get(username="alice"))
    operator.go(JOBS)
    mark(operator)

    seen = watch(operator, "(//td[@class='field-percent_bar'])[1]//progress")
    operator.see("(//tr[.//*[@data-job]])[1]//td[@class='field-end_time']//time")

    assert is_marked(operator)
    assert seen == sorted(seen)
    assert len(seen) >= 3
    assert "Failure" in operator.find("//*[@data-live-announcement]").get_attribute("textContent")  # type: ignore[operator]


def test_a_page_without_active_jobs_asks_for_nothing(operator: Person) -> None:
    wait_for(submit_job(request=JobRequest(scope=SOME), user=User.objects.get(username="alice")))
    operator.go(JOBS)
    time.sleep(4)
    assert requests(operator) == 0


@pytest.mark.parametrize("page", ["list", "details"])
def test_a_hidden_tab_asks_for_nothing(operator: Person, page: str, slow_devices: None) -> None:
    job = submit_job(request=LONG, user=User.objects.get(username="alice"))
    operator.go(JOBS if page == "list" else f"{JOBS}{job.pk}/change/")
    operator.driver.execute_script(
        "Object.defineProperty(document, 'hidden', {get: () => window.away});window.away = true"
    )
    time.sleep(3)
    assert requests(operator) == 0
    operator.driver.execute_script("window.away = false")
    operator.wait(lambda: requests(operator) > 0, "a request once the tab is visible again")
    cancel_job(job_id=job.pk, actor="alice")
    wait_for(job)


@pytest.mark.parametrize("way", ["double click", "Show Details"])
def test_the_details_open_by(operator: Person, way: str) -> None:
    job = wait_for(
        submit_job(request=JobRequest(scope=SOME), user=User.objects.get(username="alice"))
    )
    operator.go(JOBS)
    row = f"//tr[.//*[@data-job='{job.pk}']]"
    if way == "double click":
        operator.double_click(f"{row}//td[@class='field-type_of_job']")
    else:
        operator.click(f"{row}//input[@type='checkbox']")
        operator.choose("action", "Show Details")
        operator.press("Go")

    operator.see("//dt[.='Rule profile']")
    assert operator.path == f"{JOBS}{job.pk}/change/"
    assert job.state == JobState.SUCCESS


def test_a_new_job_appears_by_itself_while_another_runs(
    operator: Person, slow_devices: None
) -> None:
    alice = User.objects.get(username="alice")
    submit_job(request=LONG, user=alice)
    operator.go(JOBS)
    mark(operator)

    new = submit_job(request=JobRequest(name="The new one", scope=SOME), user=alice)
    row = f"//tr[.//*[@data-job='{new.pk}']]"
    operator.see(f"{row}//input[@type='checkbox']")

    assert is_marked(operator)
    assert operator.find("(//table[@id='result_list']/tbody/tr)[1]").text.count("The new one") == 1
    assert len(operator.all(row)) == 1


def test_who_comes_back_to_the_tab_sees_what_was_started(operator: Person) -> None:
    alice = User.objects.get(username="alice")
    wait_for(submit_job(request=JobRequest(scope=SOME), user=alice))
    operator.go(JOBS)
    mark(operator)
    new = submit_job(request=JobRequest(scope=SOME), user=alice)

    operator.driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")

    operator.see(f"//tr[.//*[@data-job='{new.pk}']]//td[@class='field-percent_bar']")
    operator.see(f"//tr[.//*[@data-job='{new.pk}']]//*[.='Success']")
    assert is_marked(operator)
