"""The runner's promises, with plain functions as tasks (jobs spec, sections 4 and 5)."""

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from nornir.core import Nornir
from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Result, Task

from nornir_tasks.cancel import CancelToken, HostNotStartedError
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.guard import current_guard
from nornir_tasks.outcome import HostError, NotStarted, outcome_of
from nornir_tasks.runner import PrestageRunner

pytestmark = pytest.mark.usefixtures("nothing_left")

Make = Callable[..., Nornir]


def hosts(count: int) -> dict[str, dict[str, Any]]:
    return {f"pe{number}": {"password": "s3cr3t"} for number in range(1, count + 1)}


def code_of(multi_result: MultiResult) -> ErrorCode:
    outcome = outcome_of("pe1", multi_result)
    assert isinstance(outcome, HostError)
    return outcome.code


class Blocking:
    """A task that blocks like a session: until its guard is tripped."""

    def __init__(self) -> None:
        self.running = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(self, task: Task) -> str:
        ended = threading.Event()
        current_guard().attach(ended.set)
        self.running.release()
        while not self.go.is_set() and not ended.is_set():
            ended.wait(0.01)
        if ended.is_set():
            raise OSError("socket was shut down")
        return "done"

    __name__ = "blocking"


def test_every_host_has_one_result_in_the_order_of_the_inventory(nornir_of: Make) -> None:
    def task(task: Task) -> str:
        return task.host.name.upper()

    results = nornir_of(**hosts(30)).with_runner(PrestageRunner(workers=7)).run(task)

    assert list(results) == list(hosts(30))
    assert results["pe7"].result == "PE7"
    assert not results.failed


def test_results_that_are_not_kept_are_handed_over_once_and_forgotten(nornir_of: Make) -> None:
    seen: list[str] = []
    alive: list[int] = []
    references: list[weakref.ref[MultiResult]] = []
    turn = threading.Semaphore(2)

    def task(_: Task) -> str:
        turn.acquire()  # nobody runs ahead of who takes the results
        return "done"

    def take(name: str, results: MultiResult) -> None:
        seen.append(name)
        references.append(weakref.ref(results))
        gc.collect()
        alive.append(sum(each() is not None for each in references))
        turn.release()

    runner = PrestageRunner(workers=2, on_result=take, keep_results=False)
    results = nornir_of(**hosts(40)).with_runner(runner).run(task)

    assert sorted(seen) == sorted(hosts(40))
    assert not results
    assert max(alive) < 10


def test_no_more_hosts_than_workers_run_at_the_same_time(nornir_of: Make) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def task(task: Task) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    nornir_of(**hosts(20)).with_runner(PrestageRunner(workers=3)).run(task)

    assert most == 3


def test_no_more_hosts_than_logins_log_in_at_the_same_time(nornir_of: Make) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def task(task: Task) -> None:
        nonlocal now, most
        with current_guard().login_slot():
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.01)
            with lock:
                now -= 1

    nornir_of(**hosts(20)).with_runner(PrestageRunner(workers=10, logins=2)).run(task)

    assert most == 2


def test_callbacks_run_in_the_callers_thread_and_start_comes_before_result(
    nornir_of: Make,
) -> None:
    calls: list[tuple[str, str]] = []
    threads = set()

    def record(kind: str, name: str) -> None:
        calls.append((kind, name))
        threads.add(threading.current_thread())

    runner = PrestageRunner(
        workers=4,
        on_start=lambda name: record("start", name),
        on_result=lambda name, _: record("result", name),
        on_tick=lambda: record("tick", ""),
        tick=0.01,
    )
    nornir_of(**hosts(12)).with_runner(runner).run(lambda task: time.sleep(0.02), name="sleep")

    assert threads == {threading.current_thread()}
    for name in hosts(12):
        assert calls.count(("start", name)) == calls.count(("result", name)) == 1
        assert calls.index(("start", name)) < calls.index(("result", name))
    assert ("tick", "") in calls


@pytest.mark.parametrize(
    "error", [ValueError("boom"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()]
)
def test_whatever_one_host_raises_the_others_keep_their_results(
    nornir_of: Make, error: BaseException
) -> None:
    def task(task: Task) -> str:
        if task.host.name == "pe2":
            raise error
        return "fine"

    results = nornir_of(**hosts(4)).with_runner(PrestageRunner(workers=2)).run(task)

    assert code_of(results["pe2"]) is ErrorCode.INTERNAL
    assert [results[name].result for name in ("pe1", "pe3", "pe4")] == ["fine"] * 3


def test_a_failed_host_has_one_clear_line_without_traceback_and_password(nornir_of: Make) -> None:
    def task(task: Task) -> None:
        raise ValueError(f"login failed: password={task.host.password}\nsecond line")

    results = nornir_of(**hosts(1)).with_runner(PrestageRunner()).run(task)

    result = results["pe1"][0]
    assert result.result == "ValueError: login failed: password=*** second line"
    assert "s3cr3t" not in str(result)
    assert isinstance(result.exception, PrestageError)
    assert result.exception.__traceback__ is None


class BrokenProcessor:
    """Raises in everything that runs in a worker thread."""

    def task_started(self, task: Task) -> None: ...

    def task_completed(self, task: Task, result: object) -> None: ...

    def task_instance_started(self, task: Task, host: Host) -> None:
        raise RuntimeError("broken")

    task_instance_completed = subtask_instance_started = subtask_instance_completed = (
        lambda self, *arguments: 1 / 0
    )


def test_a_processor_that_raises_does_not_touch_the_results(nornir_of: Make) -> None:
    def task(task: Task) -> Result:
        task.run(lambda task: "sub", name="sub")
        return Result(host=task.host, result="fine")

    nornir = nornir_of(**hosts(3)).with_processors([BrokenProcessor()])  # type: ignore[list-item]
    results = nornir.with_runner(PrestageRunner()).run(task)

    assert [results[name].result for name in results] == ["fine"] * 3


def test_a_host_that_misses_its_deadline_is_cut_off_and_the_others_are_not(
    nornir_of: Make,
) -> None:
    blocking = Blocking()

    def task(task: Task) -> str:
        return blocking(task) if task.host.name == "pe1" else "fine"

    runner = PrestageRunner(workers=2, deadline=0.1)
    results = nornir_of(**hosts(5)).with_runner(runner).run(task)

    assert code_of(results["pe1"]) is ErrorCode.TIMEOUT_DEADLINE
    assert "0.1 seconds" in results["pe1"].result
    assert [results[f"pe{n}"].result for n in range(2, 6)] == ["fine"] * 4


def test_a_thread_that_does_not_end_is_abandoned_and_its_late_result_dropped(
    nornir_of: Make,
) -> None:
    release, ended = threading.Event(), threading.Event()
    reported: list[str] = []

    def deaf(task: Task) -> str:
        if task.host.name == "pe1":
            release.wait(10)
            ended.set()
        return "fine"

    runner = PrestageRunner(
        workers=1, deadline=0.05, grace=0.05, on_result=lambda name, _: reported.append(name)
    )
    results = nornir_of(**hosts(3)).with_runner(runner).run(deaf)
    release.set()
    ended.wait(5)

    assert code_of(results["pe1"]) is ErrorCode.TIMEOUT_DEADLINE
    assert [results[name].result for name in ("pe2", "pe3")] == ["fine", "fine"]
    assert sorted(reported) == ["pe1", "pe2", "pe3"]


def test_cancel_starts_no_further_host_and_lets_those_in_flight_finish(nornir_of: Make) -> None:
    token, blocking = CancelToken(), Blocking()
    runner = PrestageRunner(workers=2, cancel=token)
    started: list[str] = []
    runner.on_start = started.append

    def cancel() -> None:
        for _ in range(2):
            blocking.running.acquire()
        token.cancel()
        blocking.go.set()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    results = nornir_of(**hosts(10)).with_runner(runner).run(blocking)
    canceller.join()

    assert started == ["pe1", "pe2"]
    assert [results[name].result for name in started] == ["done", "done"]
    for name in list(results)[2:]:
        assert isinstance(results[name].exception, HostNotStartedError)
        assert outcome_of(name, results[name]) == NotStarted(name)


def test_hosts_that_wait_for_their_login_are_not_contacted_after_a_cancel(
    nornir_of: Make,
) -> None:
    token, contacted = CancelToken(), []

    def log_in(task: Task) -> str:
        with current_guard().login_slot():
            contacted.append(task.host.name)
            token.cancel()
        return "done"

    runner = PrestageRunner(workers=4, logins=1, cancel=token)
    results = nornir_of(**hosts(4)).with_runner(runner).run(log_in)

    assert len(contacted) == 1
    outcomes = {name: outcome_of(name, result) for name, result in results.items()}
    waiting = set(outcomes) - set(contacted)
    assert {name for name, found in outcomes.items() if isinstance(found, NotStarted)} == waiting


def test_force_also_ends_the_hosts_in_flight(nornir_of: Make) -> None:
    token, blocking = CancelToken(), Blocking()

    def force() -> None:
        blocking.running.acquire()
        blocking.running.acquire()
        token.force()

    forcer = threading.Thread(target=force)
    forcer.start()
    runner = PrestageRunner(workers=2, cancel=token, tick=60)
    results = nornir_of(**hosts(4)).with_runner(runner).run(blocking)
    forcer.join()

    assert [code_of(results[name]) for name in ("pe1", "pe2")] == [ErrorCode.ABORTED] * 2
    assert [outcome_of(n, results[n]) for n in ("pe3", "pe4")] == [
        NotStarted("pe3"),
        NotStarted("pe4"),
    ]


def test_a_token_that_is_cancelled_before_the_run_starts_nothing(nornir_of: Make) -> None:
    token = CancelToken()
    token.cancel()
    results = nornir_of(**hosts(3)).with_runner(PrestageRunner(cancel=token)).run(Blocking())
    assert all(outcome_of(name, results[name]) == NotStarted(name) for name in results)


def test_a_tick_may_force_the_run_to_stop(nornir_of: Make) -> None:
    token = CancelToken()
    runner = PrestageRunner(cancel=token, on_tick=token.force, tick=0.05)
    results = nornir_of(**hosts(3)).with_runner(runner).run(Blocking())
    assert {code_of(results[name]) for name in results} == {ErrorCode.ABORTED}


@pytest.mark.parametrize("place", ["on_result", "on_start", "on_tick"])
def test_when_a_callback_raises_everything_is_cut_off_before_the_error_goes_on(
    nornir_of: Make, place: str
) -> None:
    blocking = Blocking()

    def task(task: Task) -> str:
        return "fine" if task.host.name == "pe1" else blocking(task)

    def fail(*arguments: object) -> None:
        raise RuntimeError("database is locked")

    runner = PrestageRunner(workers=3, tick=0.05, **{place: fail})  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="database is locked"):
        nornir_of(**hosts(6)).with_runner(runner).run(task)


def test_a_signal_that_raises_in_the_callers_thread_cuts_everything_off(nornir_of: Make) -> None:
    class Alarm(SystemExit):
        """As django-q2 raises it when a task has used up its time."""

    def ring(*arguments: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Alarm):
            nornir_of(**hosts(5)).with_runner(PrestageRunner(workers=2)).run(Blocking())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_signal_handler_may_cancel(nornir_of: Make) -> None:
    token, blocking = CancelToken(), Blocking()

    def ring(*arguments: object) -> None:
        token.force()

    def signal_when_two_are_in_flight() -> None:
        for _ in range(2):
            blocking.running.acquire()
        os.kill(os.getpid(), signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, ring)
    sender = threading.Thread(target=signal_when_two_are_in_flight)
    sender.start()
    try:
        runner = PrestageRunner(workers=2, cancel=token)
        results = nornir_of(**hosts(3)).with_runner(runner).run(blocking)
    finally:
        sender.join()
        signal.signal(signal.SIGALRM, before)
    assert code_of(results["pe1"]) is ErrorCode.ABORTED


def test_nothing_of_one_hosts_guard_is_seen_by_the_next(nornir_of: Make) -> None:
    seen: list[str] = []

    def task(task: Task) -> None:
        seen.append(current_guard().host)

    nornir_of(**hosts(3)).with_runner(PrestageRunner(workers=1)).run(task)

    assert seen == ["pe1", "pe2", "pe3"]
    assert current_guard().host == ""


def test_an_inventory_without_hosts_gives_no_results(nornir_of: Make) -> None:
    nornir = nornir_of(**hosts(1)).filter(name="nobody")
    assert nornir.with_runner(PrestageRunner()).run(Blocking()) == {}


@pytest.mark.parametrize("options", [{"workers": 0}, {"logins": 0}, {"tick": 0.0}])
def test_senseless_numbers_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        PrestageRunner(**options)
