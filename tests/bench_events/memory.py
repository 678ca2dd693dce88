"""The resident memory of a process, as Linux tells it (`proc(5)`)."""

from pathlib import Path

__all__ = ["forget_peak", "peak_mib", "resident_mib"]

_KIB_PER_MIB = 1024


def resident_mib(pid: int) -> float:
    """Return how much is resident now."""
    return _field(pid, "VmRSS")


def peak_mib(pid: int) -> float:
    """Return how much was resident at most since `forget_peak`."""
    return _field(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Let the peak begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _field(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / _KIB_PER_MIB
    raise ProcessLookupError(pid)
