"""Print the fastest Python of this machine; `make bench` measures with it.

A Python that was built without profile-guided optimisation, as pyenv does unless told otherwise,
runs our code and the plain script slower than Debian's does, and C as fast. The figures are to be
those of a server. Needs nothing but the standard library of any Python since 3.7.
"""

from __future__ import annotations

import subprocess
import sys

CANDIDATES = ["python3", "/usr/bin/python3", "python3.14", "python3.13", "python3.12", "python3.11"]
PROBE = """
import sys, time, venv, ensurepip
assert sys.version_info >= (3, 11)
class Port:
    def __init__(self, name): self.name = name
    def unit(self, number): return f"{self.name}.{number}"
def work():
    found = {}
    for number in range(100_000):
        found[Port("xe-0/0/1").unit(number % 100)] = number
    return found
def once():
    began = time.process_time()
    work()
    return time.process_time() - began
print(min(once() for _ in range(5)), sys.executable)
"""
_NOT_WORTH_IT = 0.95
"""A candidate must be faster than the first by more than the noise."""


def probe(candidate: str) -> tuple[float, str] | None:
    """Return CPU seconds of some Python code, and the candidate's path; None where it is unfit."""
    try:
        done = subprocess.run(
            [candidate, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    seconds, path = done.stdout.split(maxsplit=1)
    return float(seconds), path.strip()


def main() -> None:
    """Probe all candidates; the first one is kept unless another is clearly faster."""
    found = [each for each in map(probe, sys.argv[1:] or CANDIDATES) if each]
    if not found:
        sys.exit("No Python 3.11 or newer with venv was found")
    fastest = min(found)
    chosen = fastest if fastest[0] < found[0][0] * _NOT_WORTH_IT else found[0]
    sys.stdout.write(chosen[1] + "\n")


if __name__ == "__main__":
    main()
