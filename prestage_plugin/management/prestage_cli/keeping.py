"""`manage.py prestage purge` and `export`: let old jobs go, and keep a copy."""

import os
from argparse import _SubParsersAction
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from prestage_plugin.conf import get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.management.prestage_cli.arguments import add_subcommand
from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.models import JobDevice
from prestage_plugin.services.export import ExportFormat, export_job, export_jobs
from prestage_plugin.services.retention import purge_jobs, purgeable_jobs

__all__ = ["add_parsers"]

_PURGE_EXAMPLES = """\
purge --dry-run
purge --older-than 30 --export jobs-until-today.json"""

_EXPORT_EXAMPLES = """\
export 41 --format csv > job-41.csv
export 41 --output job-41.json"""

_FORMATS = [str(form) for form in ExportFormat]
_ONLY_THE_OWNER = 0o600


def add_parsers(subparsers: "_SubParsersAction[Any]") -> None:
    """Add both subcommands."""
    purge = add_subcommand(
        subparsers,
        "purge",
        text="delete jobs that ended long ago with all their device rows",
        examples=_PURGE_EXAMPLES,
    )
    purge.add_argument(
        "--older-than",
        type=int,
        metavar="DAYS",
        help="days since the end of a job (default: RETENTION_DAYS)",
    )
    purge.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    purge.add_argument(
        "--export", metavar="FILE", help="first write what will be deleted to a new .json or .csv"
    )
    purge.set_defaults(run=_purge)
    export = add_subcommand(
        subparsers,
        "export",
        text="write a job with its devices as CSV or JSON",
        examples=_EXPORT_EXAMPLES,
    )
    export.add_argument("id", type=int, metavar="ID", help="the job")
    export.add_argument("--format", choices=_FORMATS, help="default: json, or as the file is named")
    export.add_argument("--output", metavar="FILE", help="a new file (default: standard output)")
    export.set_defaults(run=_export)


def _purge(options: dict[str, Any], terminal: Terminal) -> int:
    days = _days(options["older_than"])
    old = purgeable_jobs(before=timezone.now() - timedelta(days=days))
    job_ids = list(old.values_list("pk", flat=True))
    if options["dry_run"]:
        rows = JobDevice.objects.filter(job__in=old.order_by()).count()
        terminal.say(f"{len(job_ids)} jobs with {rows} device rows would be deleted.")
        return 0
    if options["export"] is not None:
        path = Path(options["export"])
        _write(path, export_jobs(job_ids=job_ids, form=_format_of(path)))
    report = purge_jobs(job_ids=job_ids)
    terminal.say(f"{report.jobs} jobs with {report.devices} device rows were deleted.")
    return 0


def _export(options: dict[str, Any], terminal: Terminal) -> int:
    path = Path(options["output"]) if options["output"] is not None else None
    if options["format"] is not None:
        form = ExportFormat(options["format"])
    else:
        form = _format_of(path) if path is not None else ExportFormat.JSON
    lines = export_job(job_id=options["id"], form=form)
    if path is not None:
        _write(path, lines)
    else:
        for line in lines:
            terminal.write(line)
    return 0


def _days(given: int | None) -> int:
    days = get_settings().retention_days if given is None else given
    if given is None and not days:
        raise Refused(
            "no-age", "RETENTION_DAYS is 0, so jobs are kept; name an age with --older-than."
        )
    if days < 0:
        raise Refused("bad-age", "--older-than is a number of days, 0 or more.")
    return days


def _format_of(path: Path) -> ExportFormat:
    try:
        return ExportFormat(path.suffix.lstrip(".").lower())
    except ValueError as error:
        raise Refused("bad-file", f"{path}: name a file that ends in .json or .csv.") from error


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a new file that is safely on the disk afterwards, or is not there at all."""
    try:
        path.touch(mode=_ONLY_THE_OWNER, exist_ok=False)
    except FileExistsError as error:
        raise Refused("file-exists", f"{path} exists already; name a new file.") from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        # CSV has line ends of its own.
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> Refused:
    return Refused("cannot-write", f"{path} cannot be written: {error.strerror}.")
