"""Load a Nornir inventory, and pick devices from it, with errors that people can act on."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import ruamel.yaml
from nornir import InitNornir
from nornir.core import Nornir
from nornir.core.exceptions import PluginNotRegistered
from nornir.core.inventory import Host
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.redaction import one_line

__all__ = ["files_of", "limit", "load_nornir"]

DEFAULT_SOURCE = Path("inventory")
CONFIG_FILE = "config.yaml"
_FILES = {"host_file": "hosts.yaml", "group_file": "groups.yaml", "defaults_file": "defaults.yaml"}


def load_nornir(source: str | Path | None = None, **overrides: Any) -> Nornir:
    """Return a new Nornir object with a checked inventory.

    Nornir's logging is off unless the configuration file or an override has a `logging` section.
    Files that the configuration names by a relative path are looked for in the working directory,
    as Nornir does, and then next to the configuration file.

    Args:
        source: A Nornir configuration file, or a folder with `config.yaml` or with `hosts.yaml`;
            the folder `inventory` when None.
        **overrides: Sections that replace those of the file, as for `InitNornir`; they alone
            suffice when `source` is None and there is no folder `inventory`.

    Raises:
        PrestageError: `inventory`, naming the file and the line where there is one.
    """
    if source is None and overrides.get("inventory") and not DEFAULT_SOURCE.exists():
        settings: dict[str, Any] = {}
    else:
        settings = _settings(Path(source or DEFAULT_SOURCE).expanduser())
    settings = {"logging": {"enabled": False}} | settings | overrides
    nornir = _initialise(settings)
    if not nornir.inventory.hosts:
        raise _error("The inventory has no devices; add them to its hosts file.")
    for host in nornir.inventory.hosts.values():
        _check_port(host)
    return nornir


def files_of(nornir: Nornir) -> tuple[Path, ...] | None:
    """Return the files that an inventory consists of, whether they exist or not.

    Returns:
        None for one that also, or only, comes from elsewhere.
    """
    inventory = nornir.config.inventory
    if inventory.plugin != "SimpleInventory" or inventory.transform_function:
        return None
    return tuple(
        Path(inventory.options.get(option, name)).expanduser() for option, name in _FILES.items()
    )


def _settings(source: Path) -> dict[str, Any]:
    """Return the sections of the configuration, with the paths of files made to work."""
    folder, settings = source, {}
    config_file = source / CONFIG_FILE if source.is_dir() else source
    if config_file.is_file():
        folder = config_file.parent
        settings = _read_config(config_file)
    elif not (source / _FILES["host_file"]).is_file():
        wanted = f" or {_FILES['host_file']}" if source.is_dir() else ""
        raise _error(f"The inventory {config_file}{wanted} does not exist.")
    else:
        options = {option: str(source / name) for option, name in _FILES.items()}
        settings = {"inventory": {"options": options}}
    inventory = dict(settings.get("inventory") or {})
    inventory["options"] = {
        name: _find(value, folder) if name in _FILES else value
        for name, value in (inventory.get("options") or {}).items()
    }
    return settings | {"inventory": inventory}


def _read_config(path: Path) -> dict[str, Any]:
    try:
        content = ruamel.yaml.YAML(typ="safe").load(path)
    except YAMLError as error:
        raise _malformed(error, path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error, path) from None
    if not isinstance(content, Mapping):
        raise _error(
            f"{path} is not a Nornir configuration: sections like `inventory:` are wanted."
        )
    return dict(content)


def _find(name: object, folder: Path) -> str:
    path = Path(str(name)).expanduser()
    nearby = [folder / path, folder.parent / path]
    if not path.is_absolute() and not path.exists():
        return str(next((found for found in nearby if found.exists()), path))
    return str(path)


def _initialise(settings: dict[str, Any]) -> Nornir:
    try:
        with _without_warnings():
            return InitNornir(**settings)
    except PrestageError:
        raise
    except YAMLError as error:
        raise _malformed(error) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from None
    except PluginNotRegistered as error:
        raise _error(f"The inventory cannot be loaded: {one_line(str(error))}.") from None
    except KeyError as error:
        raise _error(f"The inventory refers to {error}, which it does not define.") from None
    except Exception as error:  # noqa: BLE001 - any plugin can be configured
        reason = one_line(f"{type(error).__name__}: {error}")
        raise _error(f"The inventory cannot be loaded ({reason}).") from None


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep Nornir from logging that a file is empty: for groups it is fine, for hosts we say it."""
    logger = logging.getLogger("nornir.plugins.inventory.simple")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _malformed(error: YAMLError, path: Path | None = None) -> PrestageError:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if mark is None:
        return _error(f"{path or 'A file of the inventory'} is not YAML.")
    problem = one_line(str(getattr(error, "problem", "") or "it is malformed"))
    return _error(f"{path or mark.name} is not valid YAML in line {mark.line + 1}: {problem}.")


def _unreadable(error: OSError | UnicodeDecodeError, path: Path | None = None) -> PrestageError:
    if isinstance(error, UnicodeDecodeError):
        return _error(f"{path or 'A file of the inventory'} is not UTF-8 text.")
    name = path or error.filename or "The inventory"
    return _error(f"{name} cannot be read: {(error.strerror or str(error)).lower()}.")


def _check_port(host: Host) -> None:
    options = host.connection_options.get("netconf")
    for port in (host.port, options.port if options else None):
        right = isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536
        if port is not None and not right:
            raise _error(f"The port {port!r} of {host.name} is not a number from 1 to 65535.")


def _error(text: str) -> PrestageError:
    return PrestageError(ErrorCode.INVENTORY, text)


def limit(nornir: Nornir, expression: str) -> Nornir:
    """Return a Nornir object with the devices that an expression picks.

    Args:
        nornir: All devices.
        expression: Terms, separated by commas: a name (`pe1`), a pattern (`pe*`), `group:core`,
            `platform:junos`; each may be a pattern. A device is picked when any term matches.
            Terms that begin with `!` exclude; alone, they exclude from all devices.

    Raises:
        PrestageError: `bad-request` when a term matches no device, or nothing is left.
    """
    terms = [term.strip() for term in expression.split(",") if term.strip()]
    wanted = [_matching(nornir, term) for term in terms if not term.startswith("!")]
    unwanted = [_matching(nornir, term[1:].strip()) for term in terms if term.startswith("!")]
    names = set().union(*wanted) if wanted else set(nornir.inventory.hosts)
    names.difference_update(*unwanted)
    if not names or not terms:
        raise PrestageError(ErrorCode.BAD_REQUEST, f"The limit {expression!r} picks no device.")
    return nornir.filter(filter_func=lambda host: host.name in names)


def _matching(nornir: Nornir, term: str) -> set[str]:
    kind, separator, pattern = term.partition(":")
    hosts = nornir.inventory.hosts.values()
    if separator and kind == "group":
        found = {
            host.name
            for host in hosts
            if any(fnmatchcase(group.name, pattern) for group in host.extended_groups())
        }
    elif separator and kind == "platform":
        found = {host.name for host in hosts if fnmatchcase(host.platform or "", pattern)}
    else:
        found = {host.name for host in hosts if fnmatchcase(host.name, term)}
    if not found:
        text = f"No device of the inventory matches {term!r} of the limit."
        raise PrestageError(ErrorCode.BAD_REQUEST, text)
    return found
