"""The syslog message that is sent for every event, as Junos devices write it."""

__all__ = ["counted", "message"]


def message(host: str) -> bytes:
    """Return what a device says when a commit is complete."""
    text = f"<189>Sep 20 02:13:42 {host} mgd[4312]: UI_COMMIT_COMPLETED: commit complete"
    return text.encode()


def counted(data: bytes) -> bytes:
    """Return a message in the frame of a connection: octet counting (RFC 6587, section 3.4.1)."""
    return b"%d %b" % (len(data), data)
