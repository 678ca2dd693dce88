"""The process's event loop: one thread, whatever happens to the process or to the loop."""

import asyncio
import concurrent.futures
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions.aio.event_loop import EventLoopThread, event_loop
from tests.leaks import leaving_nothing

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_process_has_one_loop_in_one_daemon_thread() -> None:
    assert event_loop() is event_loop()
    threads = [t for t in threading.enumerate() if t.name == "prestage-event-loop"]
    assert [thread.daemon for thread in threads] == [True]


def test_it_returns_what_a_coroutine_returns_and_raises_what_it_raises() -> None:
    async def divide(number: int) -> float:
        await asyncio.sleep(0)
        return 1 / number

    assert event_loop().run(divide(4)) == 0.25
    with pytest.raises(ZeroDivisionError):
        event_loop().run(divide(0))


def test_who_waits_when_the_loop_ends_is_told() -> None:
    with leaving_nothing():
        loop, started = EventLoopThread(), threading.Event()

        async def wait_for_ever() -> None:
            started.set()
            await asyncio.Event().wait()

        def stop() -> None:
            started.wait(5)
            loop.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        with pytest.raises(concurrent.futures.CancelledError):
            loop.run(wait_for_ever())
        stopper.join()


def test_after_the_loop_has_ended_nothing_hangs_and_nothing_is_left() -> None:
    with leaving_nothing():
        loop = EventLoopThread()
        loop.stop()
        loop.stop()
        loop.call(lambda: pytest.fail("called"))
        with pytest.raises(RuntimeError, match="does not run here"):
            loop.run(asyncio.sleep(0))


def test_the_loops_own_thread_is_not_allowed_to_wait_for_itself() -> None:
    async def wait_for_another() -> None:
        event_loop().run(asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="does not run here"):
        event_loop().run(wait_for_another())


def test_a_wait_that_is_interrupted_cancels_the_work() -> None:
    class Alarm(SystemExit):
        """As django-q2 raises it when a task has used up its time."""

    def ring(*arguments: object) -> None:
        raise Alarm

    cancelled = threading.Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Alarm):
            event_loop().run(wait_for_ever())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert cancelled.wait(5)


def test_what_goes_wrong_on_the_loop_is_logged_without_its_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logged = threading.Event()
    nothing: dict[str, str] = {}
    event_loop().call(lambda: nothing["s3cret"])
    event_loop().call(logged.set)
    assert logged.wait(5)
    assert "KeyError" in caplog.text
    assert "s3cret" not in caplog.text


FORKING = """
    import multiprocessing, sys, threading
    from nornir.core.task import Task
    from nornir.plugins.runners import SerialRunner
    from nornir_tasks.inventory import load_nornir
    from nornir_tasks.platforms import get_platform
    from nornir_tasks.sessions import open_session

    REQUEST = get_platform("junos").requests()[0]


    def loops():
        return [t for t in threading.enumerate() if t.name == "prestage-event-loop"]


    def read(task: Task) -> int:
        with open_session(task) as session:
            return len(session.rpc(REQUEST))


    def run(nornir):
        result = nornir.run(read)["npe-00001"]
        assert not result.failed, result[0].exception
        assert len(loops()) == 1


    def child(nornir, inherited):
        assert not loops()
        try:
            inherited.rpc(REQUEST)
        except Exception as error:
            assert "does not run here" in str(error), error
        else:
            raise AssertionError("the parent's session worked in the child")
        inherited.abort()
        inherited.close()
        run(nornir)
        run(nornir)


    def hold(task: Task) -> None:
        fork = multiprocessing.get_context("fork")
        with open_session(task) as session:
            worker = fork.Process(target=child, args=(nornir, session))
            worker.start()
            assert session.rpc(REQUEST) is not None  # while the child is at it
            worker.join()
            assert worker.exitcode == 0, worker.exitcode
            assert session.rpc(REQUEST) is not None


    nornir = load_nornir(sys.argv[1]).with_runner(SerialRunner())  # fork from the main thread
    extras = nornir.inventory.defaults.connection_options["netconf"].extras
    extras["engine"] = "asyncssh"
    run(nornir)
    result = nornir.run(hold)["npe-00001"]
    assert not result.failed, result[0].exception
    run(nornir)
    print("done")
"""


def test_a_forked_child_has_a_loop_of_its_own_and_leaves_the_parents_alone(tmp_path: Path) -> None:
    script = tmp_path / "forking.py"
    script.write_text(textwrap.dedent(FORKING))
    with LabProcess(Fleet.of({"npe": 1})) as lab:
        done = subprocess.run(
            [sys.executable, "-X", "dev", str(script), str(lab.inventory_directory)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        statistics = lab.statistics()
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert "ResourceWarning" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert statistics["sessions_opened"] == 5


def test_a_process_with_open_sessions_ends_at_once_and_without_a_word(tmp_path: Path) -> None:
    script = tmp_path / "ending.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from nornir_tasks.inventory import load_nornir
        from nornir_tasks.sessions.aio import AsyncsshSession, Endpoint

        host = load_nornir(sys.argv[1]).inventory.hosts["npe-00001"]
        session = AsyncsshSession.open(Endpoint.of(host))
        """)
    )
    with LabProcess(Fleet.of({"npe": 1})) as lab:
        done = subprocess.run(
            [sys.executable, "-X", "dev", str(script), str(lab.inventory_directory)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
