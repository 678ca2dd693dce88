"""The dashboard: what runs is to be seen at once, and by itself."""

from django.contrib.auth.models import User

from prestage_plugin.services.submit import JobRequest, submit_job
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

INDEX = "/admin/prestage/"


def test_what_runs_is_followed_and_each_number_leads_on(operator: Person) -> None:
    job = submit_job(request=JobRequest(read_all=True), user=User.objects.get(username="alice"))
    operator.go(INDEX)
    operator.driver.execute_script("window.marked = true")
    line = f"//section[@aria-labelledby='prestage-jobs']//a[.='#{job.pk} {job.name}']"
    operator.see(line)
    wait_for(job)
    operator.wait(lambda: not operator.all(line), "the job is over")
    assert operator.driver.execute_script("return window.marked === true"), "without a reload"

    operator.go(INDEX)
    operator.see("//section[@aria-labelledby='prestage-week']//*[name()='svg'][@role='img']")
    operator.see("//section[@aria-labelledby='prestage-failures']//code[.='authentication']")
    operator.click("//section[@aria-labelledby='prestage-devices']//a[.='N-PE']")
    operator.see("//table[@id='result_list']//tr[.//td[contains(@class, 'field-recommended')]]")
    assert "recommended_role__exact=N-PE" in operator.path


def test_the_box_on_the_index_leads_to_the_dashboard(operator: Person) -> None:
    operator.go("/admin/")
    operator.press("Dashboard")
    operator.see("//section[@aria-labelledby='prestage-health']")
    assert operator.path == INDEX
