"""The runner's promises where hosts are in flight on the event loop, against real routers."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from nornir.core import Nornir
from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Task

from nornir_tasks import CancelToken, PrestageRunner, StartPermit, discover_role
from nornir_tasks.errors import ErrorCode
from nornir_tasks.flight import loop
from nornir_tasks.interview import interviews
from nornir_tasks.inventory import load_nornir
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.outcome import Discovery, HostError, NotStarted, outcome_of
from nornir_tasks.sessions import open_session
from nornir_tasks.sessions.aio.event_loop import _state, event_loop
from nornir_tasks.tasks.reading import interview_device, read_device

pytestmark = pytest.mark.usefixtures("nothing_left")

ROUTERS = 24


@pytest.fixture(scope="module")
def lab() -> Iterator[LabProcess]:
    with LabProcess(Fleet.of({"npe": ROUTERS}, seed=5), latency_ms=100) as lab:
        yield lab


@pytest.fixture
def nornir(lab: LabProcess) -> Nornir:
    nornir = load_nornir(lab.inventory_directory)
    options = nornir.inventory.defaults.connection_options["netconf"]
    options.extras = {**(options.extras or {}), "engine": "asyncssh"}
    return nornir


def only(nornir: Nornir, *names: str) -> Nornir:
    return nornir.filter(filter_func=lambda host: host.name in names)


def sessions(lab: LabProcess) -> int:
    return int(lab.statistics()["sessions_opened"])


def code_of(name: str, result: MultiResult) -> ErrorCode:
    outcome = outcome_of(name, result)
    assert isinstance(outcome, HostError), outcome
    return outcome.code


def kinds(results: Any) -> set[type]:
    return {type(outcome_of(name, result)) for name, result in results.items()}


class Watch:
    """What was to be seen at each tick of a run."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.started: set[str] = set()
        self.ended: set[str] = set()
        self.most = 0

    def __call__(self) -> None:
        self.threads |= {thread.name for thread in threading.enumerate()}
        self.most = max(self.most, len(self.started - self.ended))

    def runner(self, **options: Any) -> PrestageRunner:
        return PrestageRunner(
            on_start=self.started.add,
            on_result=lambda name, _result: self.ended.add(name),
            on_tick=self,
            tick=0.01,
            **options,
        )


def test_no_thread_waits_for_a_host(nornir: Nornir) -> None:
    watch = Watch()
    results = nornir.with_runner(watch.runner(workers=ROUTERS)).run(discover_role)
    assert kinds(results) == {Discovery}
    assert list(results) == list(nornir.inventory.hosts)
    assert watch.most > 10
    assert not watch.threads & {"prestage-worker", "prestage-thinker"}


def test_no_more_hosts_than_workers_are_in_flight(nornir: Nornir) -> None:
    watch = Watch()
    results = nornir.with_runner(watch.runner(workers=5)).run(discover_role)
    assert kinds(results) == {Discovery}
    assert 1 < watch.most <= 5


def test_a_loop_with_time_to_spare_has_more_in_flight(nornir: Nornir) -> None:
    watch = Watch()
    nornir.with_runner(watch.runner(workers=4, most_workers=ROUTERS)).run(discover_role)
    assert watch.most > 4


def test_no_more_hosts_than_logins_log_in_at_the_same_time(nornir: Nornir) -> None:
    """Whoever has been started and not been asked yet logs in."""
    asked: set[str] = set()
    at_a_time: list[int] = []
    watch = Watch()

    def interview(host: Host, parameters: Any) -> Any:
        questions = interview_device(host, parameters)
        request = next(questions)
        asked.add(host.name)
        while True:
            try:
                request = questions.send((yield request))
            except StopIteration as end:
                return end.value

    @interviews(interview)
    def task(task: Task) -> Any:
        return read_device(task, None).host

    runner = watch.runner(workers=ROUTERS, logins=2)
    runner.on_tick = lambda: (watch(), at_a_time.append(len(watch.started - asked)))  # type: ignore[assignment, func-returns-value]
    assert not nornir.with_runner(runner).run(task).failed
    assert watch.most > 2 >= max(at_a_time)


def test_a_cancel_starts_no_further_host_and_lets_those_in_flight_finish(
    nornir: Nornir, lab: LabProcess
) -> None:
    before, token = sessions(lab), CancelToken()
    runner = PrestageRunner(
        workers=6, cancel=token, on_result=lambda _name, _result: token.cancel()
    )
    results = nornir.with_runner(runner).run(discover_role)
    found = [outcome_of(name, result) for name, result in results.items()]
    read = sum(isinstance(outcome, Discovery) for outcome in found)
    assert kinds(results) == {Discovery, NotStarted}
    assert read == sessions(lab) - before


def test_force_also_ends_the_sessions_in_flight(nornir: Nornir) -> None:
    token = CancelToken()
    runner = PrestageRunner(workers=6, cancel=token, on_start=lambda _name: token.force())
    results = nornir.with_runner(runner).run(discover_role)
    codes = {
        outcome.code
        for name, result in results.items()
        if isinstance(outcome := outcome_of(name, result), HostError)
    }
    assert codes == {ErrorCode.ABORTED}
    assert kinds(results) == {HostError, NotStarted}


def test_without_a_permit_nobody_is_contacted(nornir: Nornir, lab: LabProcess) -> None:
    before, token = sessions(lab), CancelToken()
    beginning = time.monotonic()

    def give_up() -> None:
        if time.monotonic() > beginning + 0.5:
            token.cancel()

    runner = PrestageRunner(permit=StartPermit(0.7), cancel=token, on_tick=give_up, tick=0.05)
    results = nornir.with_runner(runner).run(discover_role)
    assert kinds(results) == {NotStarted}
    assert sessions(lab) == before


def test_a_permit_that_comes_later_lets_them_go_on(nornir: Nornir) -> None:
    permit = StartPermit(0.7)
    runner = PrestageRunner(
        permit=permit, on_tick=lambda: permit.renew(seen_at=time.monotonic()), tick=0.2
    )
    contacted: dict[str, float] = {}
    runner.on_contact = contacted.__setitem__
    began = time.monotonic()
    results = nornir.with_runner(runner).run(discover_role)
    assert kinds(results) == {Discovery}
    assert set(contacted) == set(results)
    assert min(contacted.values()) > began + 0.15


def test_a_callback_that_raises_cuts_everything_off_before_the_error_goes_on(
    nornir: Nornir,
) -> None:
    def fail(_name: str, _result: MultiResult) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        nornir.with_runner(PrestageRunner(on_result=fail)).run(discover_role)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ValueError])
def test_whatever_one_host_raises_the_others_keep_their_results(
    nornir: Nornir, error: type[BaseException]
) -> None:
    @interviews(interview_device)
    def task(task: Task) -> str:
        if task.host.name == "npe-00003":
            raise error
        return read_device(task, None).host

    results = nornir.with_runner(PrestageRunner()).run(task)
    assert {name for name, result in results.items() if result.failed} == {"npe-00003"}


def test_processors_may_wait_for_whatever_they_like(nornir: Nornir) -> None:
    names: list[str] = []

    class Processor:
        def task_started(self, task: Task) -> None: ...
        def task_completed(self, task: Task, result: Any) -> None: ...
        def task_instance_started(self, task: Task, host: Host) -> None:
            names.append(threading.current_thread().name)

        def task_instance_completed(self, task: Task, host: Host, result: Any) -> None: ...
        def subtask_instance_started(self, task: Task, host: Host) -> None: ...
        def subtask_instance_completed(self, task: Task, host: Host, result: Any) -> None: ...

    watched = nornir.with_processors([Processor()]).with_runner(PrestageRunner())
    assert kinds(watched.run(discover_role)) == {Discovery}
    assert names == ["prestage-thinker"] * ROUTERS


def test_large_answers_are_parsed_where_they_hold_nobody_up(
    nornir: Nornir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_LARGE", 1000)
    names: list[str] = []

    @interviews(interview_device)
    def task(task: Task) -> None:
        names.append(threading.current_thread().name)
        read_device(task, None)

    assert not nornir.with_runner(PrestageRunner()).run(task).failed
    assert names == ["prestage-thinker"] * ROUTERS


@pytest.mark.parametrize("large", [True, False])
def test_what_does_not_end_is_abandoned_and_the_others_go_on(
    nornir: Nornir, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    monkeypatch.setattr(loop, "_LARGE", 0 if large else 10**9)
    stuck = threading.Event()

    @interviews(interview_device)
    def task(task: Task) -> str:
        if task.host.name == "npe-00003":
            stuck.wait(30)
        return read_device(task, None).host

    former = event_loop()
    try:
        runner = PrestageRunner(workers=4, deadline=4.0, grace=0.5)
        results = nornir.with_runner(runner).run(task)
        assert code_of("npe-00003", results["npe-00003"]) is ErrorCode.TIMEOUT_DEADLINE
        failed = {name for name, result in results.items() if result.failed}
        # With the loop itself stuck, the sessions that it had are lost.
        assert failed == {"npe-00003"} if large else len(failed) <= 4
        assert (event_loop() is former) is large
    finally:
        stuck.set()
        if not large:
            event_loop().stop()
            _state.current = former


def test_both_engines_in_one_run_share_the_limits(nornir: Nornir) -> None:
    for number, host in enumerate(nornir.inventory.hosts.values()):
        if number % 2:
            options = host.get_connection_parameters("netconf")
            options.extras = {**(options.extras or {}), "engine": "ncclient"}
            host.connection_options["netconf"] = options
    watch = Watch()
    results = nornir.with_runner(watch.runner(workers=6)).run(discover_role)
    assert kinds(results) == {Discovery}
    assert watch.most <= 6
    assert "prestage-worker" in watch.threads


def test_a_session_that_is_open_already_is_closed_before(nornir: Nornir, lab: LabProcess) -> None:
    def leave_open(task: Task) -> None:
        task.host.get_connection("netconf", task.nornir.config)

    host = only(nornir, "npe-00001")
    host.run(leave_open)
    assert isinstance(
        outcome_of("npe-00001", host.with_runner(PrestageRunner()).run(discover_role)["npe-00001"]),
        Discovery,
    )
    assert lab.statistics()["devices"]["npe-00001"]["max_concurrent"] == 1


def test_a_task_that_talks_by_itself_is_given_a_thread(nornir: Nornir) -> None:
    names: list[str] = []

    def task(task: Task) -> bool:
        names.append(threading.current_thread().name)
        with open_session(task) as session:
            return bool(session.capabilities)

    assert not only(nornir, "npe-00001").with_runner(PrestageRunner()).run(task).failed
    assert names == ["prestage-worker"]


def test_a_host_that_cannot_be_dialled_says_why(nornir: Nornir) -> None:
    nornir.inventory.hosts["npe-00001"].hostname = None
    nornir.inventory.defaults.hostname = None
    results = only(nornir, "npe-00001").with_runner(PrestageRunner()).run(discover_role)
    assert code_of("npe-00001", results["npe-00001"]) is ErrorCode.INVENTORY
