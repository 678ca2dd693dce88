"""Webhooks: one gunicorn with one worker process, which serves the ready-made site."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil

from tests.bench_events.sources.base import Plan, Served, running
from tests.ports import free_port

__all__ = ["WebhookSource"]

SENDER = "ci"
SECRET = "the secret of a benchmark, and of nothing else"
THREADS = 4


class WebhookSource:
    """The generic body, signed."""

    name = "webhook"
    sender = "tests.bench_events.senders.webhook"
    is_lossy = False

    settings: Mapping[str, Any] = {"WEBHOOK_SECRETS": {SENDER: SECRET}}

    def options(self, plan: Plan, served: Served | None) -> dict[str, Any]:
        """Return what the sender is told."""
        assert served is not None
        return {
            "port": served.port,
            "events": plan.events,
            "devices": plan.devices,
            "secret": SECRET,
            "path": f"/prestage/events/webhook/{SENDER}/",
        }

    @contextmanager
    def serving(self, plan: Plan) -> Iterator[Served]:
        """Run the web server."""
        port = free_port()
        command = ["-m", "gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
        command += ["--workers", "1", "--threads", str(THREADS), "prestage_plugin.site.wsgi"]
        log = plan.folder / "gunicorn.log"
        with running(command, log=log, is_ready=lambda text: "Booting worker" in text) as process:
            root = psutil.Process(process.pid)
            while not (workers := root.children()):
                time.sleep(0.05)
            yield Served(root=root, worker=workers[0], port=port)
