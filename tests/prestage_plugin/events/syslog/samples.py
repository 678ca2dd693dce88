"""Messages as Junos devices send them."""

REQUESTED = "UI_COMMIT"
COMPLETED = "UI_COMMIT_COMPLETED"
ROLLED_BACK = "UI_COMMIT_NOT_CONFIRMED"

_TEXTS = {
    REQUESTED: "User '{user}' requested 'commit' operation (comment: none)",
    COMPLETED: "commit complete",
    ROLLED_BACK: "Commit was not confirmed; automatic rollback complete",
    "UI_COMMIT_PROGRESS": "Commit operation in progress: commit complete",
    "UI_NETCONF_CMD": "User '{user}' used NETCONF client to run command 'get-configuration'",
}


def classic(
    tag: str = COMPLETED, *, host: str = "R1", process: int = 4312, user: str = ""
) -> bytes:
    text = _TEXTS[tag].format(user=user)
    return f"<189>Sep 20 02:13:42 {host} mgd[{process}]: {tag}: {text}".encode()


def structured(
    tag: str = COMPLETED, *, host: str = "R1", process: int = 4312, user: str = ""
) -> bytes:
    text = _TEXTS[tag].format(user=user)
    parameters = f' username="{user}"' if user else ""
    return (
        f"<189>1 2026-07-06T03:52:49.972Z {host} mgd {process} {tag} "
        f"[junos@2636.1.1.1.2.129{parameters}] {text}"
    ).encode()
