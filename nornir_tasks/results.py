"""Nornir results of failed hosts: one clear sentence, no traceback, no secret."""

import logging

from nornir.core.exceptions import NornirSubTaskError
from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Result

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.redaction import one_line, redact

__all__ = ["explain", "failed_multi_result", "failed_result", "first_error", "tidy"]


def explain(error: BaseException) -> str:
    """Return an error as one line: `sentence [code]`, or the kind and text of a foreign one."""
    if isinstance(error, PrestageError):
        return f"{error.text} [{error.code}]"
    if isinstance(error, NornirSubTaskError):
        cause = first_error(error.result)
        return explain(cause) if cause else f"The sub task {error.task.name} failed."
    return one_line(f"{type(error).__name__}: {error}")


def failed_result(host: Host, error: PrestageError) -> Result:
    """Return the result of a task that failed with `error`."""
    return Result(host, result=explain(error), failed=True, exception=error)


def failed_multi_result(name: str, host: Host, error: PrestageError) -> MultiResult:
    """Return what `Task.start` would have returned, for a task that could not return by itself.

    Args:
        name: The task's name.
        host: The host.
        error: Why there is no result.
    """
    result = failed_result(host, error)
    result.name = name  # type: ignore[assignment]  # Nornir declares None and assigns text
    result.severity_level = logging.ERROR
    multi_result = MultiResult(name)
    multi_result.append(result)
    return multi_result


def first_error(result: Result | MultiResult) -> BaseException | None:
    """Return the error that made a result fail: the innermost of its sub tasks, ours first."""
    errors = list(_errors(result))
    ours = [error for error in errors if isinstance(error, PrestageError)]
    own = [error for error in errors if not isinstance(error, NornirSubTaskError)]
    return next(iter(ours + own + errors), None)


def _errors(result: Result | MultiResult) -> list[BaseException]:
    if isinstance(result, MultiResult):
        return [error for part in result for error in _errors(part)]
    if result.exception is None:
        return []
    if isinstance(result.exception, NornirSubTaskError):
        return [*_errors(result.exception.result), result.exception]
    return [result.exception]


def tidy(result: Result | MultiResult) -> None:
    """Strip a finished host's results, in place, of tracebacks and of secrets.

    A traceback keeps every frame alive, with the reply's tree and the password in them.
    """
    if isinstance(result, MultiResult):
        for part in result:
            tidy(part)
        return
    error = result.exception
    if error is None:
        return
    result.result = explain(error)
    error.__traceback__ = error.__context__ = error.__cause__ = None
    secrets = (result.host.password,) if result.host else ()
    if not isinstance(error, PrestageError) and redact(str(error), secrets) != str(error):
        result.result = one_line(f"{type(error).__name__}: {error}", secrets)
        result.exception = PrestageError(ErrorCode.INTERNAL, result.result)
