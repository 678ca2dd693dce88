"""One site in a process of its own, which is asked through pipes.

The requests go into the WSGI application itself: no server and no test client is in the numbers.
`python -m tests.bench.api.calls` reads one request a line and writes one answer a line.
"""

import io
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Self

__all__ = ["API", "Site", "serve"]

API = "/prestage/api/v1/"


class Site:
    """The parent's end; the child runs the module that `module` names."""

    module = __name__

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()
        self._process.wait(30)

    def ask(self, **request: Any) -> Any:
        """Ask for something, and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the site has died")
        return json.loads(line)


def serve() -> None:
    """Answer until the pipe is closed."""
    import django

    django.setup()
    from prestage_plugin.site.wsgi import application

    tokens: dict[str, str] = {}
    for line in sys.stdin:
        request = json.loads(line)
        answer: Any
        match request["do"]:
            case "fill":
                answer = _fill(request["jobs"], tokens)
            case "database":
                answer = _database_process()
            case "secret":
                answer = tokens[request["caller"]]
            case "plans":
                answer = _plans(application)
            case _:
                answer = _call(application, tokens, request)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _fill(jobs: int, tokens: dict[str, str]) -> dict[str, Any]:
    from django.core.management import call_command

    from prestage_plugin.models import Job
    from prestage_plugin.services.tokens import create_token
    from tests.bench.api.rows import fill

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    for name, user in fill(jobs).items():
        _token, tokens[name] = create_token(
            user=user, name="bench", scopes=["read"], created_by="bench"
        )
    return {"jobs": Job.objects.count(), "seconds": time.monotonic() - began}


def _database_process() -> int | None:
    from tests.bench_events.databases import postgres_process

    process = postgres_process()
    return None if process is None else process.pid


def _plans(application: Any) -> Any:
    from django.contrib.auth.models import User

    from prestage_plugin.models import Device, Job
    from prestage_plugin.services.tokens import create_token
    from tests.bench.api.plans import plans
    from tests.bench.api.rows import LARGE, fill_events

    fill_events(Job.objects.count())
    user = User.objects.create_superuser("plans")
    _token, secret = create_token(user=user, name="plans", scopes=["read"], created_by="bench")
    return plans(
        lambda path: _send(application, secret, path, "")[0],
        job=Job.objects.get(name=LARGE).pk,
        device=Device.objects.get(name="pe1").pk,
    )


def _call(application: Any, tokens: dict[str, str], request: dict[str, Any]) -> dict[str, Any]:
    """Send the same request so many times; milliseconds of each, and of CPU for one."""
    caller, path = tokens[request["caller"]], request["path"]
    status, headers = _send(application, caller, path, "")
    tag = {"known": headers.get("ETag", ""), "old": '"older"'}.get(request.get("tag", ""), "")
    _send(application, caller, path, tag)
    walls = []
    cpu = time.process_time()
    for _ in range(request["count"]):
        began = time.perf_counter()
        status, headers = _send(application, caller, path, tag)
        walls.append((time.perf_counter() - began) * 1000)
        if "pause" in request:
            time.sleep(request["pause"])
    spent = (time.process_time() - cpu) * 1000
    return {"status": status, "walls": walls, "cpu": spent / request["count"]}


def _send(application: Any, secret: str, path: str, tag: str) -> tuple[int, dict[str, str]]:
    address, _mark, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"{API}{address}",
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    if tag:
        environ["HTTP_IF_NONE_MATCH"] = tag
    found: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
        found.update(status=int(status.split(maxsplit=1)[0]), headers=dict(headers))

    body = application(environ, start_response)
    for _part in body:
        pass
    body.close()
    return found["status"], found["headers"]


if __name__ == "__main__":
    serve()
