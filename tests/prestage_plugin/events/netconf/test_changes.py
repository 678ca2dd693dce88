"""Which notifications tell of a change, and whose it is (prestaging spec, section 6)."""

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from prestage_plugin.events.netconf.changes import judge
from prestage_plugin.events.verdict import Meaning, Verdict
from tests.prestage_plugin.events.netconf.samples import (
    EVENTS,
    config_change,
    confirmed_commit,
    notification,
    parsed,
    session_event,
)

CHANGE, OWN, OTHER = Meaning
CHANGED = "netconf-config-change"
EMPTY = f'<netconf-config-change xmlns="{EVENTS}"/>'


def verdict(message: bytes) -> Verdict:
    return judge(parsed(message), ignored_users={"prestage", ""})


@pytest.mark.parametrize(
    ("message", "meaning", "actor"),
    [
        (config_change(), CHANGE, "jdoe"),
        (config_change(user="prestage"), OWN, "prestage"),
        (config_change(user=None), CHANGE, ""),  # it rolled back by itself
        (config_change(datastore=""), CHANGE, "jdoe"),  # `running` is the leaf's default
        (config_change(datastore="<datastore> running\n</datastore>"), CHANGE, "jdoe"),
        (notification(EMPTY), CHANGE, ""),  # in doubt, a change is a change
    ],
)
def test_a_change_of_the_running_datastore_triggers_unless_it_is_ours(
    message: bytes, meaning: Meaning, actor: str
) -> None:
    assert verdict(message) == Verdict(meaning, actor, CHANGED)


@pytest.mark.parametrize("datastore", ["startup", "candidate", "operational"])
def test_other_datastores_do_not_trigger(datastore: str) -> None:
    message = config_change(datastore=f"<datastore>{datastore}</datastore>")
    assert verdict(message).meaning is OTHER


@pytest.mark.parametrize(
    ("event", "user", "meaning"),
    [
        ("timeout", None, CHANGE),
        ("cancel", "jdoe", CHANGE),
        ("cancel", "prestage", OWN),
        ("start", "jdoe", OTHER),
        ("extend", "jdoe", OTHER),
        ("complete", "jdoe", OTHER),
    ],
)
def test_a_confirmed_commit_triggers_when_it_was_taken_back(
    event: str, user: str | None, meaning: Meaning
) -> None:
    found = verdict(confirmed_commit(event, user=user))
    assert found.meaning is meaning
    if meaning is not OTHER:
        assert found == Verdict(meaning, user or "", f"netconf-confirmed-commit {event}")


@pytest.mark.parametrize(
    "name",
    ["netconf-session-start", "netconf-session-end", "netconf-capability-change", "alarm"],
)
def test_everything_else_does_not_trigger(name: str) -> None:
    assert verdict(session_event(name)).meaning is OTHER


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://example.net/other"'])
def test_names_count_without_their_namespaces(namespace: str) -> None:
    message = config_change().replace(f' xmlns="{EVENTS}"'.encode(), namespace.encode())
    assert verdict(message).meaning is CHANGE


@pytest.mark.parametrize(
    "message",
    [
        notification(""),
        config_change(datastore="<datastore/>"),
        confirmed_commit(""),
        confirmed_commit("forgotten"),
        confirmed_commit("cancel").replace(b"confirm-event", b"event"),
    ],
)
def test_what_does_not_say_what_happened_is_malformed(message: bytes) -> None:
    with pytest.raises(PrestageError) as caught:
        verdict(message)
    assert caught.value.code is ErrorCode.BAD_REPLY
