"""The ways in which a simulated device can fail, and what a correct client must report."""

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["FAULTS", "FIXED_AT_START", "READ_FAULTS", "check_fault"]

FAULTS: dict[str, ErrorCode] = {
    # Nothing listens on the port that the inventory names.
    "refuses": ErrorCode.CONNECTION_REFUSED,
    # TCP is accepted, then silence.
    "no-banner": ErrorCode.TIMEOUT_CONNECT,
    # SSH and the subsystem work, the NETCONF hello never comes.
    "no-hello": ErrorCode.TIMEOUT_CONNECT,
    # No request is ever answered.
    "hang-rpc": ErrorCode.TIMEOUT_RPC,
    # Passwords and keys are refused.
    "wrong-password": ErrorCode.AUTHENTICATION,
    # The device presents another key than the known one.
    "changed-host-key": ErrorCode.HOST_KEY_MISMATCH,
    # The device is missing in known_hosts.
    "unknown-host-key": ErrorCode.HOST_KEY_UNKNOWN,
    # Authentication works, the session channel is refused with reason "resource shortage".
    "session-limit": ErrorCode.SESSION_LIMIT,
    # Reading the configuration is answered with "permission denied".
    "rpc-error": ErrorCode.RPC_ERROR,
    # The XML is cut in the middle, the NETCONF frame is complete.
    "truncated-reply": ErrorCode.BAD_REPLY,
    # The reply goes on until the client hangs up.
    "oversized-reply": ErrorCode.REPLY_TOO_LARGE,
    # The reply starts with a document type that nests entities.
    "entity-bomb": ErrorCode.BAD_REPLY,
    # The TCP connection is cut in the middle of the reply.
    "closes-mid-reply": ErrorCode.CONNECTION_LOST,
    # The frame holds no XML at all.
    "not-xml": ErrorCode.BAD_REPLY,
    # The TCP connection is cut right after the login.
    "drop-after-auth": ErrorCode.CONNECTION_LOST,
}
"""Name of the fault -> code that a correct client reports (jobs spec, section 2)."""

READ_FAULTS = frozenset(
    {
        "rpc-error",
        "truncated-reply",
        "oversized-reply",
        "entity-bomb",
        "closes-mid-reply",
        "not-xml",
    }
)
"""Faults that show only when the configuration is read."""

FIXED_AT_START = frozenset({"refuses"})
"""Faults that sit in the written inventory and so cannot come or go while the lab runs."""


def check_fault(fault: str | None) -> None:
    """Refuse a fault that does not exist.

    Raises:
        PrestageError: Code `inventory`; the text lists the faults there are.
    """
    if fault is not None and fault not in FAULTS:
        raise PrestageError(
            ErrorCode.INVENTORY,
            f"There is no fault {fault!r}; choose one of: {', '.join(sorted(FAULTS))}.",
        )
