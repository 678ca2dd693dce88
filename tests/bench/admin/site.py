"""One site in a process of its own, whose admin is asked through pipes.

The requests go into the WSGI application itself, with the cookie of somebody who has logged in.
`python -m tests.bench.admin.site` reads one request a line and writes one answer a line.
"""

import io
import json
import sys
import time
from typing import Any

from tests.bench.api.calls import Site

__all__ = ["AdminSite", "serve"]


class AdminSite(Site):
    """The parent's end."""

    module = __name__


def serve() -> None:
    """Answer until the pipe is closed."""
    import django

    django.setup()
    from prestage_plugin.site.wsgi import application

    cookies: dict[str, str] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "fill":
            answer: Any = _fill(request, cookies)
        else:
            answer = _call(application, cookies[request["caller"]], request)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _fill(request: dict[str, Any], cookies: dict[str, str]) -> dict[str, Any]:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from tests.bench.admin.rows import add_large_job
    from tests.bench.api.rows import fill

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    for name, user in fill(request["jobs"]).items():
        client = Client()
        client.force_login(user)
        cookies[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    job = add_large_job(request["devices"])
    return {"large": job.pk, "seconds": time.monotonic() - began}


def _call(application: Any, cookie: str, request: dict[str, Any]) -> dict[str, Any]:
    """Send the same request so many times; milliseconds of each, and of CPU for one."""
    status = _send(application, cookie, request["path"])
    walls = []
    cpu = time.process_time()
    for _ in range(request["count"]):
        began = time.perf_counter()
        status = _send(application, cookie, request["path"])
        walls.append((time.perf_counter() - began) * 1000)
    spent = (time.process_time() - cpu) * 1000
    return {"status": status, "walls": walls, "cpu": spent / request["count"]}


def _send(application: Any, cookie: str, path: str) -> int:
    address, _mark, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": address,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": f"sessionid={cookie}",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    statuses: list[int] = []

    def start_response(status: str, _headers: Any, _info: Any = None) -> None:
        statuses.append(int(status.split(maxsplit=1)[0]))

    body = application(environ, start_response)
    for _part in body:
        pass
    body.close()
    return statuses[-1]


if __name__ == "__main__":
    serve()
