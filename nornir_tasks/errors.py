"""What can go wrong with a device, as a registry of machine codes (jobs spec, section 2).

Every failure that leaves this package is a `PrestageError` with one of these codes and one clear
sentence that never holds a secret. `docs/error-codes.md` has a section for each code.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["REGISTRY", "ErrorCode", "ErrorInfo", "PrestageError"]


class ErrorCode(StrEnum):
    """The machine codes, the same in the database, the API, the admin and the CLI."""

    UNREACHABLE = "unreachable"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_LOST = "connection-lost"
    HOST_KEY_UNKNOWN = "host-key-unknown"
    HOST_KEY_MISMATCH = "host-key-mismatch"
    AUTHENTICATION = "authentication"
    CREDENTIALS = "credentials"
    TIMEOUT_CONNECT = "timeout-connect"
    TIMEOUT_RPC = "timeout-rpc"
    TIMEOUT_DEADLINE = "timeout-deadline"
    SESSION_LIMIT = "session-limit"
    BAD_REPLY = "bad-reply"
    REPLY_TOO_LARGE = "reply-too-large"
    RPC_ERROR = "rpc-error"
    UNSUPPORTED_PLATFORM = "unsupported-platform"
    NOT_IN_INVENTORY = "not-in-inventory"
    NOT_DISCOVERED = "not-discovered"
    INVENTORY = "inventory"
    BAD_REQUEST = "bad-request"
    ABORTED = "aborted"
    WORKER_LOST = "worker-lost"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """What a code means and what to do about it.

    Attributes:
        code: The machine code.
        meaning: What happened, one sentence.
        action: What to do next, one sentence.
        retryable: Whether running the same job again can help without changing anything.
    """

    code: ErrorCode
    meaning: str
    action: str
    retryable: bool


REGISTRY: dict[ErrorCode, ErrorInfo] = {
    info.code: info
    for info in (
        ErrorInfo(
            ErrorCode.UNREACHABLE,
            "No route to the device, or its name does not resolve.",
            "Check the address in the inventory and the path to the management network.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.CONNECTION_REFUSED,
            "The device refused the TCP connection to its NETCONF port.",
            "Check the port in the inventory and `set system services netconf ssh` on the device.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.CONNECTION_LOST,
            "The device closed the connection in the middle of the session.",
            "Retry; if it happens again, look at the device's log for the reason.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.HOST_KEY_UNKNOWN,
            "The device's SSH host key is not in the known hosts file.",
            "Verify the key out of band and add it to the known hosts file.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.HOST_KEY_MISMATCH,
            "The device presented another SSH host key than the known one.",
            "Find out why the key changed before you replace it: it can be an attack.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.AUTHENTICATION,
            "The device rejected the user name, the password or the key.",
            "Correct the credentials for this device; do not retry blindly, accounts get locked.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.CREDENTIALS,
            "The credentials for the device are missing or its private key cannot be read.",
            "Give a user name and a password or a readable key in the inventory or environment.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.TIMEOUT_CONNECT,
            "The device did not finish connecting, SSH or the NETCONF hello in time.",
            "Check the load of the device and the path to it, or raise the connect timeout.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.TIMEOUT_RPC,
            "The device did not answer a request in time.",
            "Check the load of the device, or raise the RPC timeout.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.TIMEOUT_DEADLINE,
            "The device was not finished within its deadline and was cut off.",
            "Check the load of the device, or raise the deadline per device.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.SESSION_LIMIT,
            "The device has no free NETCONF session.",
            "Close stale sessions or raise the device's connection limit, then retry.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.BAD_REPLY,
            "The device's answer is not the NETCONF or XML that was asked for.",
            "Report it with the device's software version; the reply was not used.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.REPLY_TOO_LARGE,
            "The device's answer is larger or deeper than the limit.",
            "Raise the limit if the configuration really is that large.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.RPC_ERROR,
            "The device answered the request with an error.",
            "Read the error; often the account lacks the permission to view the configuration.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.UNSUPPORTED_PLATFORM,
            "No parser is known for the device's platform.",
            "Set the device's `platform` in the inventory to a supported one, such as `junos`.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.NOT_IN_INVENTORY,
            "The device is not in the Nornir inventory (any more).",
            "Add it to the inventory, or synchronise the devices and leave it out.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.NOT_DISCOVERED,
            "The device has no discovery result whose role could be assigned.",
            "Discover the device first, then assign its role.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.INVENTORY,
            "The Nornir inventory cannot be loaded, or misses what is needed for this device.",
            "Correct the inventory as the message says.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.BAD_REQUEST,
            "What was asked for does not exist or contradicts itself, e.g. an unknown profile.",
            "Correct the request as the message says.",
            retryable=False,
        ),
        ErrorInfo(
            ErrorCode.ABORTED,
            "The session was cut off because the job was stopped by force.",
            "Start a new job, or retry the failed devices of this one.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.WORKER_LOST,
            "The processes that worked on the device's shard died again and again.",
            "Look for the reason in the workers' logs (memory, crashes), then retry the device.",
            retryable=True,
        ),
        ErrorInfo(
            ErrorCode.INTERNAL,
            "A defect in this software.",
            "Report it with the job's id; details are in the worker's log.",
            retryable=True,
        ),
    )
}


class PrestageError(Exception):
    """A failure with a machine code and one sentence for people.

    Attributes:
        code: One of `ErrorCode`.
        text: One sentence; holds no secret and no traceback.
    """

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    @property
    def info(self) -> ErrorInfo:
        """What the code means and what to do about it."""
        return REGISTRY[self.code]

    def __reduce__(self) -> tuple[type["PrestageError"], tuple[ErrorCode, str]]:
        return type(self), (self.code, self.text)
