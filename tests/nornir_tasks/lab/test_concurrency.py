"""The most reading sessions at the same time, against a plain count of the whole history."""

from hypothesis import given
from hypothesis import strategies as st

from nornir_tasks.lab.concurrency import ReadingSessions


def test_a_session_that_subscribes_first_never_counts() -> None:
    sessions = ReadingSessions()
    sessions.opened(1)
    sessions.opened(2)
    sessions.listens(1)
    sessions.reads(2)
    assert sessions.most == 1


def test_two_readers_count_even_when_one_of_them_never_asks() -> None:
    sessions = ReadingSessions()
    sessions.opened(1)
    sessions.opened(2)
    sessions.closed(1)
    sessions.reads(2)
    assert sessions.most == 2


def test_a_reader_that_subscribes_makes_room_for_another() -> None:
    sessions = ReadingSessions()
    sessions.opened(1)
    sessions.reads(1)
    sessions.listens(1)
    sessions.opened(2)
    sessions.reads(2)
    assert sessions.most == 1


def test_an_idle_session_does_not_make_the_memory_grow() -> None:
    sessions = ReadingSessions()
    sessions.opened(0)
    for session_id in range(1, 1000):
        sessions.opened(session_id)
        sessions.reads(session_id)
        sessions.closed(session_id)
    assert len(sessions._moments) < 5
    assert sessions.most == 2


@given(st.lists(st.tuples(st.sampled_from(["open", "read", "listen", "close"]), st.integers(0, 5))))
def test_it_agrees_with_the_history(steps: list[tuple[str, int]]) -> None:
    sessions = ReadingSessions()
    history: list[tuple[str, int]] = []
    serial = 0
    living: dict[int, int] = {}
    for step, slot in steps:
        if step == "open" and slot not in living:
            serial += 1
            living[slot] = serial
            sessions.opened(serial)
        elif step != "open" and slot in living:
            method = {"read": "reads", "listen": "listens", "close": "closed"}[step]
            getattr(sessions, method)(living[slot])
        else:
            continue
        history.append((step, living[slot]))
        if step == "close":
            del living[slot]
    assert sessions.most == counted(history)


def counted(history: list[tuple[str, int]]) -> int:
    """Walk through the history, knowing beforehand what each session asks for first."""
    first: dict[int, str] = {}
    for step, session in history:
        if step != "open":
            first.setdefault(session, step)
    readers: set[int] = set()
    most = 0
    for step, session in history:
        if step == "open" and first.get(session) != "listen":
            readers.add(session)
        elif step in {"listen", "close"}:
            readers.discard(session)
        most = max(most, len(readers))
    return most
