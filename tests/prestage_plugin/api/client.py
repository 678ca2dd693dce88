"""A client of Prestage's REST API in one module, on the standard library alone.

Copy it into your program::

    api = Prestage("https://example.org/prestage/api/v1", token)
    job = api.start_job(devices=["pe1", "pe2"])
    job = api.wait(job)
    for device in api.devices_of(job):
        print(device["device"], device["state"], device["assigned_role"])

What the server refuses is raised as `Problem`; match its `code`. What can be repeated without harm
is repeated when the server asks for it (429 and 503 with `Retry-After`) or cannot be reached:
reading, and starting a job, which carries an `Idempotency-Key`.
"""

import hashlib
import json
import secrets
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypedDict, cast
from urllib.parse import urlencode

__all__ = ["Answer", "Counts", "Job", "JobDevice", "Prestage", "Problem"]

POLL_SECONDS = 2.0
"""Between two looks at a job, unless the server says otherwise."""

ATTEMPTS = 5
LONGEST_PAUSE = 60.0
"""Seconds."""

_ENDED = {"success", "failure", "cancelled"}
_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Counts(TypedDict):
    """Devices of a job by state."""

    total: int
    queued: int
    running: int
    prestaged: int
    unchanged: int
    excluded: int
    absorbed: int
    failed: int
    cancelled: int


class Job(TypedDict):
    """A job, as far as this client needs it."""

    id: int
    name: str
    state: str
    state_display: str
    percent: int
    counts: Counts
    summary: str
    links: dict[str, str]


class DeviceError(TypedDict):
    """Why a device failed."""

    code: str
    text: str


class JobDevice(TypedDict):
    """One device of a job, as far as this client needs it."""

    device: str
    state: str
    recommended_role: str | None
    assigned_role: str | None
    reason: str
    error: DeviceError | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered.

    Attributes:
        status: HTTP status; 304 when nothing is new.
        headers: By name, in lower case.
        document: The body; None when there is none.
    """

    status: int
    headers: Mapping[str, str]
    document: Any

    @property
    def pause(self) -> float | None:
        """Seconds that the server wants to be left alone; None when it does not say."""
        given = self.headers.get("retry-after", "")
        return min(float(given), LONGEST_PAUSE) if given.isdigit() else None


class Problem(Exception):  # noqa: N818 - as RFC 9457 calls it
    """The server refused (RFC 9457).

    Attributes:
        status: HTTP status.
        code: Stable machine code.
        detail: One sentence.
        errors: Each thing that is wrong with the request.
    """

    def __init__(self, answer: Answer) -> None:
        document = answer.document if isinstance(answer.document, dict) else {}
        self.status = answer.status
        self.code: str = document.get("code", "unknown")
        self.detail: str = document.get("detail", "The server sent no problem document.")
        self.errors: list[dict[str, str]] = document.get("errors", [])
        super().__init__(f"{self.status} {self.code}: {self.detail}")


class Prestage:
    """The API of one site."""

    def __init__(self, address: str, token: str, *, timeout: float = 30.0) -> None:
        """Say where the API is.

        Args:
            address: Up to and with `api/v1`.
            token: Its secret.
            timeout: Seconds that an answer may take.
        """
        self._address = address.rstrip("/")
        self._token = token
        self._timeout = timeout

    def start_job(
        self,
        *,
        devices: Sequence[str] = (),
        discover_only: bool = False,
        name: str = "",
        key: str | None = None,
    ) -> Job:
        """Start a job, once however often it has to be sent.

        Args:
            devices: Names; the entire inventory when there are none.
            discover_only: Assign no roles.
            name: Of the job.
            key: Of this very job. Keep one of your own where your program may start anew in
                between.

        Raises:
            Problem: E.g. `unknown-devices`.
        """
        body = {
            "scope": {"devices": list(devices)} if devices else {},
            "job_type": "discover-only" if discover_only else "manual",
            "name": name,
        }
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return cast("Job", self.send("POST", "jobs/", body, headers=headers).document)

    def wait(self, job: Job, *, seconds: float = 3600.0) -> Job:
        """Return the job once it has ended.

        Raises:
            Problem: Somebody took away the right to see it, for example.
            TimeoutError: It has not ended within so many seconds.
        """
        until = time.monotonic() + seconds
        tag = ""
        while job["state"] not in _ENDED:
            answer = self.send("GET", job["links"]["self"], headers={"If-None-Match": tag})
            tag = answer.headers["etag"]
            if answer.status != HTTPStatus.NOT_MODIFIED:
                job = cast("Job", answer.document)
                continue
            if time.monotonic() > until:
                raise TimeoutError(f"job {job['id']} is still {job['state']}")
            time.sleep(answer.pause or POLL_SECONDS)
        return job

    def cancel(self, job: Job) -> Job:
        """Cancel a job; devices in flight finish.

        Raises:
            Problem: `already-finished`.
        """
        return cast("Job", self.send("POST", job["links"]["cancel"], {}).document)

    def jobs(self, **filters: str | int) -> Iterator[Job]:
        """Yield the jobs, newest first; e.g. `jobs(state="failure", user="alice")`."""
        return cast("Iterator[Job]", self.rows("jobs/", **filters))

    def devices_of(self, job: Job, **filters: str | int) -> Iterator[JobDevice]:
        """Yield the devices of a job; e.g. `devices_of(job, state="failed")`."""
        return cast("Iterator[JobDevice]", self.rows(job["links"]["devices"], **filters))

    def make_token(self, name: str, scopes: Sequence[str], *, expires_at: str | None = None) -> str:
        """Make a token and return its secret, which only the caller of this has.

        Args:
            name: Histories show it.
            scopes: None that this client's token has not.
            expires_at: ISO 8601 with a zone; never when None.

        Raises:
            Problem: E.g. `beyond-maker` or `token-exists`.
        """
        prefix = secrets.token_hex(6)
        secret = f"prestage_{prefix}_{secrets.token_urlsafe(32)}"
        body = {
            "name": name,
            "scopes": list(scopes),
            "prefix": prefix,
            "digest": hashlib.sha256(secret.encode()).hexdigest(),
            "expires_at": expires_at,
        }
        self.send("POST", "tokens/", body, headers={"Idempotency-Key": str(uuid.uuid4())})
        return secret

    def rows(self, address: str, **filters: str | int) -> Iterator[Any]:
        """Yield all rows of a list, page by page."""
        following: str | None = f"{address}?{urlencode({'page_size': 200} | filters)}"
        while following is not None:
            page = self.send("GET", following).document
            yield from page["results"]
            following = page["next"]

    def send(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request.

        Args:
            method: In capitals.
            address: Absolute, or below the address of the API.
            body: A JSON document.
            headers: Beside the usual.

        Raises:
            Problem: The server refused.
            URLError: It cannot be reached.
        """
        given = {name: value for name, value in (headers or {}).items() if value}
        if not address.startswith(("http://", "https://")):
            address = f"{self._address}/{address}"
        repeatable = method == "GET" or "Idempotency-Key" in given
        for attempt in range(1, ATTEMPTS + 1):
            again = repeatable and attempt < ATTEMPTS
            pause = float(attempt)
            try:
                answer = self._send_once(method, address, body, given)
            except OSError:
                if not again:
                    raise
            else:
                passing = answer.status in _PASSING
                if answer.status < HTTPStatus.BAD_REQUEST:
                    return answer
                if not (again and (passing or _is_in_use(answer))):
                    raise Problem(answer)
                pause = answer.pause or pause
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _send_once(
        self, method: str, address: str, body: Any, headers: Mapping[str, str]
    ) -> Answer:
        request = urllib.request.Request(
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                **headers,
            },
        )
        try:
            response = urllib.request.urlopen(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            response = error  # 304 and all refusals
        with response:
            text = response.read()
            kept = {name.lower(): value for name, value in response.headers.items()}
            return Answer(int(response.status), kept, json.loads(text) if text else None)


def _is_in_use(answer: Answer) -> bool:
    """Whether the same request is being carried out at this moment."""
    return answer.status == HTTPStatus.CONFLICT and answer.pause is not None
