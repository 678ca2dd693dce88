"""One subscription, to a server that says what a test wants it to say."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from nornir.core.inventory import ConnectionOptions, Host

from nornir_tasks.errors import ErrorCode
from nornir_tasks.sessions.aio import NetconfSession
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.netconf import backoff
from prestage_plugin.events.netconf.counts import Counts, Standing
from prestage_plugin.events.netconf.diary import Diary
from prestage_plugin.events.netconf.gate import Gate
from prestage_plugin.events.netconf.intake import Intake
from prestage_plugin.events.netconf.roster import Member
from prestage_plugin.events.netconf.subscriber import Subscriber
from tests.nornir_tasks.sessions.aio.speaker import speaking
from tests.prestage_plugin.events.netconf.samples import config_change, notification
from tests.prestage_plugin.events.syslog.receiving import until

OK = b'<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="ID"><ok/></rpc-reply>'
REFUSAL = OK.replace(b"<ok/>", b"<rpc-error><error-tag>access-denied</error-tag></rpc-error>")
END = b"]]>]]>"
HOUR = 3600.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_SECONDS", 0.02)


@asynccontextmanager
async def subscriber(*said: bytes) -> AsyncIterator[Counts]:
    """Subscribe to a server that answers `create-subscription` with these messages."""
    async with speaking(END.join((*said, b""))) as endpoint:
        extras = {"hostkey_verify": False, "connect_timeout": 5, "rpc_timeout": 5}
        host = Host(
            name="pe1",
            hostname=endpoint.host,
            port=endpoint.port,
            username="u",
            password="p",
            connection_options={"netconf": ConnectionOptions(extras=extras)},
        )
        intake = Intake(handover=HandOver(), ignored_users=["prestage"], counts=Counts())
        following = Subscriber(
            member=Member.of(host, 1),
            gate=Gate(per_second=100, logins=1),
            intake=intake,
            diary=Diary(),
        )
        task = asyncio.create_task(following.run())
        try:
            yield intake.counts
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def test_what_does_not_say_what_happened_is_counted_and_the_session_goes_on() -> None:
    async def scenario() -> None:
        malformed = config_change(datastore="<datastore/>")
        async with subscriber(OK, notification(""), malformed, config_change()) as counts:
            await until(lambda: counts.triggers == 1)
            assert (counts.received, counts.malformed, counts.subscriptions) == (3, 2, 1)
            assert counts.devices[Standing.CONNECTED] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "said", [b"<notification>", b"% Invalid input", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
)
def test_what_is_no_notification_at_all_costs_the_session_and_a_new_one_is_made(
    said: bytes,
) -> None:
    async def scenario() -> None:
        async with subscriber(OK, said) as counts:
            await until(lambda: counts.reconnects >= 2)
            assert counts.malformed >= 2
            assert counts.triggers == 0

    asyncio.run(scenario())


def test_a_device_that_refuses_the_subscription_is_not_asked_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    real_pause = backoff.pause_after

    def pause(failures: int, code: ErrorCode) -> float:
        assert code is ErrorCode.RPC_ERROR
        pauses.append(real_pause(failures, code))
        return pauses[-1]

    monkeypatch.setattr(backoff, "pause_after", pause)

    async def scenario() -> None:
        async with subscriber(REFUSAL) as counts:
            await until(lambda: counts.devices[Standing.FAILED] == 1)
            await asyncio.sleep(0.3)
            assert counts.subscriptions == 0

    asyncio.run(scenario())
    assert [each >= backoff.RARELY_SECONDS / 2 for each in pauses] == [True]


@pytest.mark.parametrize("method", ["reach", "over", "close"])
def test_a_defect_in_one_session_is_logged_once_and_followed_by_another(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    real = getattr(NetconfSession, method)
    calls: list[None] = []

    async def fail_at_first(session: NetconfSession) -> object:
        calls.append(None)
        if len(calls) <= 2:
            raise TypeError("a defect")
        return await real(session)

    monkeypatch.setattr(NetconfSession, method, fail_at_first)

    async def scenario() -> None:
        async with subscriber(OK, b"% Invalid input") as counts:
            await until(lambda: len(calls) > 2 and counts.subscriptions >= 1)

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    assert caplog.text.count("the subscription to pe1 failed") == (method != "close")


@pytest.mark.parametrize(("lasting", "failures"), [(0.0, {1}), (HOUR, {1, 2, 3})])
def test_pauses_grow_unless_the_session_lasted(
    monkeypatch: pytest.MonkeyPatch, lasting: float, failures: set[int]
) -> None:
    seen: list[int] = []

    def pause(failures: int, _code: object) -> float:
        seen.append(failures)
        return 0.0

    monkeypatch.setattr(backoff, "LASTING_SECONDS", lasting)
    monkeypatch.setattr(backoff, "pause_after", pause)

    async def scenario() -> None:
        async with subscriber(OK, b"% Invalid input"):
            await until(lambda: len(seen) >= 3)

    asyncio.run(scenario())
    assert set(seen[:3]) == failures
