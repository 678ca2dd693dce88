"""One kind of caller sends requests of every shape, and every answer is checked."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

__all__ = ["Campaign", "Report"]

SCHEMA = "/prestage/api/v1/schema/?format=json"

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
)
"""No 5xx, no status that is not documented, no answer outside its schema."""


PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(kw_only=True)
class Report:
    """What a campaign found.

    Attributes:
        cases: Requests that were sent.
        phases: How many of them in each phase.
        statuses: How often each status was answered.
        operations: Operations that answered with a success.
        failures: What is wrong, with the request that shows it.
    """

    cases: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Report") -> None:
        """Take over what another campaign of the same caller found."""
        self.cases += other.cases
        self.phases += other.phases
        self.statuses += other.statuses
        self.operations |= other.operations
        self.failures = other.failures | self.failures


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What is sent by whom.

    Attributes:
        app: The WSGI application.
        headers: Who asks.
        ids: Primary keys that there are, by the first part of the path.
        examples: Requests of each operation in the phase of fuzzing, and sequences of requests in
            the stateful phase.
        phases: Of schemathesis: `coverage` goes through every keyword of every schema, `stateful`
            follows links and uses what earlier answers have given.
        seed: The same seed sends the same.
        seconds: Time to fill with further requests; only what `examples` says when None.
    """

    app: Any
    headers: Mapping[str, str]
    ids: Mapping[str, list[int]]
    examples: int
    phases: Collection[str]
    seed: int
    seconds: int | None

    def run(self) -> Report:
        """Send everything."""
        config = SchemathesisConfig.from_dict(self._settings())
        schema = schemathesis.openapi.from_wsgi(SCHEMA, self.app, config=config)

        def map_path_parameters(context: Any, path_parameters: Any) -> Any:
            return self._some_that_there_are(context, path_parameters)

        schema.hook(map_path_parameters)
        report = Report()
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                _note(event, report)
            elif isinstance(event, (events.NonFatalError, events.FatalError)):
                report.failures[str(getattr(event, "label", "engine"))] = str(
                    getattr(event, "value", None) or getattr(event, "exception", event)
                )
        return report

    def _settings(self) -> dict[str, Any]:
        few = {"max-examples": self.examples, "database": "none"}
        time = {} if self.seconds is None else {"max-time": self.seconds}
        return time | {
            "seed": self.seed,
            "headers": dict(self.headers),
            "continue-on-failure": True,
            "generation": few,
            "suppress-health-check": ["all"],
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {name: {"enabled": name in self.phases} for name in PHASES},
        }

    def _some_that_there_are(self, context: Any, path_parameters: Any) -> Any:
        """Let two of three numbers be of something that exists; of tokens all of them."""
        kind = context.operation.path.split("/")[1]
        known = self.ids.get(kind)
        for name, value in (path_parameters or {}).items():
            whole = isinstance(value, int) and not isinstance(value, bool)
            if known and whole and (value % 3 or kind == "tokens"):
                path_parameters[name] = known[value % len(known)]
        return path_parameters


def _note(event: events.ScenarioFinished, report: Report) -> None:
    recorder = event.recorder
    report.cases += len(recorder.interactions)
    report.phases[str(event.phase.value)] += len(recorder.interactions)
    for case_id, interaction in recorder.interactions.items():
        response = interaction.response
        if response is None:
            continue
        report.statuses[response.status_code] += 1
        if response.status_code < 400:
            report.operations.add(recorder.cases[case_id].value.operation.label)
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            case = recorder.cases[case_id].value
            label = f"{case.operation.label}: {check.name}"
            failure = check.failure_info.failure
            text = f"{failure.title}\n{failure.message}\n{check.failure_info.code_sample}"
            report.failures.setdefault(label, text)
