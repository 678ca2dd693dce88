"""The sources that are measured. A new one is one entry here, and a module that sends."""

from tests.bench_events.sources.base import Source
from tests.bench_events.sources.netconf import NetconfSource
from tests.bench_events.sources.platform import PlatformSource
from tests.bench_events.sources.syslog import SyslogSource
from tests.bench_events.sources.webhook import WebhookSource

__all__ = ["SOURCES"]

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        SyslogSource(name="syslog-udp", kind="udp", sender="tests.bench_events.senders.syslog_udp"),
        SyslogSource(name="syslog-tcp", kind="tcp", sender="tests.bench_events.senders.syslog_tcp"),
        SyslogSource(
            name="syslog-relay",
            kind="tcp",
            sender="tests.bench_events.senders.syslog_relay",
            settings={"SYSLOG_RELAYS": ["127.0.0.1"]},
        ),
        NetconfSource(),
        WebhookSource(),
        PlatformSource(),
    )
}
