"""Reader of OpenSSH's known hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

paramiko's own reader is quadratic: 10,000 lines cost it seconds for every connection. This one
reads a file once per process, and finds a plain name in constant time.
"""

import base64
import binascii
import hmac
import logging
import re
import threading
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["HostKeys", "KnownHosts", "load_known_hosts"]

SSH_PORT = 22

_logger = logging.getLogger(__name__)
_cache: dict[Path, tuple[tuple[int, int], "KnownHosts"]] = {}
_cache_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key: its type, e.g. `ssh-rsa`, and its encoding as SSH sends it (RFC 4253, 6.6)."""

    type: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class HostKeys:
    """What a file says about one host.

    Attributes:
        trusted: Keys that the host may present.
        revoked: Keys that must never be accepted.
    """

    trusted: tuple[KnownKey, ...] = ()
    revoked: tuple[KnownKey, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    names: tuple[str, ...]
    key: KnownKey
    revoked: bool


class KnownHosts:
    """The contents of one file.

    Args:
        text: The file's text.
        source: The file, for the log.
    """

    def __init__(self, text: str, source: str = "known_hosts") -> None:
        self._plain: defaultdict[str, list[_Line]] = defaultdict(list)
        self._hashed: list[tuple[bytes, bytes, _Line]] = []
        self._patterns: list[tuple[tuple[re.Pattern[str], bool], ...]] = []
        self._pattern_lines: list[_Line] = []
        skipped = sum(not self._add(line) for line in text.splitlines())
        if skipped:
            _logger.warning("%s: %d lines cannot be read and were skipped", source, skipped)
        self._found = lru_cache(maxsize=65536)(self._find)

    def lookup(self, host: str, port: int) -> HostKeys:
        """Return the keys of a host.

        Args:
            host: Name or address as it is dialled.
            port: TCP port; other than 22, `[host]:port` is looked up first and the bare name only
                when that has no key, as OpenSSH does.
        """
        bare = host.lower()
        if port == SSH_PORT:
            return self._found(bare)
        exact, general = self._found(f"[{bare}]:{port}"), self._found(bare)
        return HostKeys(exact.trusted or general.trusted, exact.revoked + general.revoked)

    def _find(self, name: str) -> HostKeys:
        lines = list(self._plain.get(name, ()))
        lines += [
            line
            for salt, digest, line in self._hashed
            if hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)
        ]
        lines += [
            line
            for patterns, line in zip(self._patterns, self._pattern_lines, strict=True)
            if _matches(name, patterns)
        ]
        return HostKeys(
            tuple(line.key for line in lines if not line.revoked),
            tuple(line.key for line in lines if line.revoked),
        )

    def _add(self, text: str) -> bool:
        """Add one line of the file; return whether it could be read."""
        fields = text.split()
        if not fields or fields[0].startswith("#"):
            return True
        marker = fields.pop(0) if fields[0].startswith("@") else ""
        if marker == "@cert-authority":
            return True
        if marker not in {"", "@revoked"} or len(fields) < 3:
            return False
        blob = _decode(fields[2])
        if blob is None or not _names_its_type(blob, fields[1]):
            return False
        names = tuple(fields[0].lower().split(",")) if fields[0][0] != "|" else (fields[0],)
        return self._index(_Line(names, KnownKey(fields[1], blob), bool(marker)))

    def _index(self, line: _Line) -> bool:
        if line.names[0].startswith("|"):
            parts = line.names[0].split("|")
            salt, digest = _decode(parts[2]), _decode(parts[-1])
            if len(parts) != 4 or parts[1] != "1" or not salt or not digest:
                return False
            self._hashed.append((salt, digest, line))
        elif any(set(name) & set("*?!") for name in line.names):
            self._patterns.append(tuple(map(_pattern, line.names)))
            self._pattern_lines.append(line)
        else:
            for name in line.names:
                self._plain[name].append(line)
        return True


def load_known_hosts(path: Path) -> KnownHosts:
    """Return the contents of a file; read anew only when it has changed.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be read.
    """
    status = path.stat()
    version = (status.st_mtime_ns, status.st_size)
    with _cache_lock:
        cached = _cache.get(path)
        if cached is None or cached[0] != version:
            text = path.read_text(encoding="utf-8", errors="replace")
            cached = _cache[path] = (version, KnownHosts(text, str(path)))
    return cached[1]


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _names_its_type(blob: bytes, key_type: str) -> bool:
    length = int.from_bytes(blob[:4])
    return blob[4 : 4 + length] == key_type.encode()


def _pattern(text: str) -> tuple[re.Pattern[str], bool]:
    """Compile one pattern; the flag tells a negation. `[...]` is no set here, unlike in a shell."""
    negated = text.startswith("!")
    expression = re.escape(text.removeprefix("!")).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression), negated


def _matches(name: str, patterns: tuple[tuple[re.Pattern[str], bool], ...]) -> bool:
    hits = [negated for pattern, negated in patterns if pattern.fullmatch(name)]
    return bool(hits) and not any(hits)
