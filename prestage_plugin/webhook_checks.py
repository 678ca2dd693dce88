"""What is wrong with the settings of webhooks (`events.webhook`)."""

import re
from collections.abc import Mapping

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's

from prestage_plugin.conf import PrestageSettings
from prestage_plugin.events.webhook.signature import SHORTEST_SECRET

__all__ = ["check_webhooks"]

_LONGEST_NAME = 64
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{_LONGEST_NAME - 1}}}")
_HINT = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a secret."


def check_webhooks(prestage: PrestageSettings) -> list[CheckMessage]:
    """Report what is wrong; no message holds a secret.

    Args:
        prestage: The site's settings.
    """
    messages = _check_secrets(prestage.webhook_secrets)
    window = prestage.webhook_window
    if isinstance(window, bool) or not isinstance(window, (int, float)) or not window > 0:
        messages.append(
            Error(
                "PRESTAGE['WEBHOOK_WINDOW'] must be a number of seconds above 0.",
                id="prestage.E053",
            )
        )
    keys = prestage.webhook_own_keys
    if isinstance(keys, str) or not all(isinstance(key, str) for key in keys):
        messages.append(
            Error("PRESTAGE['WEBHOOK_OWN_KEYS'] must be a list of keys.", id="prestage.E054")
        )
    return messages


def _check_secrets(secrets: object) -> list[CheckMessage]:
    if not isinstance(secrets, Mapping):
        return [
            Error(
                "PRESTAGE['WEBHOOK_SECRETS'] must map the name of each sender to its secret.",
                id="prestage.E050",
            )
        ]
    messages: list[CheckMessage] = []
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in secrets):
        messages.append(
            Error(
                "A name in PRESTAGE['WEBHOOK_SECRETS'] does not fit into a URL.",
                hint=f"Use letters, digits, `-`, `_` and `.`, at most {_LONGEST_NAME} of them.",
                id="prestage.E051",
            )
        )
    weak = [
        name
        for name, secret in secrets.items()
        if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET
    ]
    if weak:
        messages.append(
            Error(
                f"Secrets in PRESTAGE['WEBHOOK_SECRETS'] are shorter than {SHORTEST_SECRET} "
                f"characters, so nothing of these senders is accepted: {_listed(weak)}.",
                hint=_HINT,
                id="prestage.E052",
            )
        )
    if len({str(secret) for secret in secrets.values()}) < len(secrets):
        messages.append(
            Warning(
                "Senders in PRESTAGE['WEBHOOK_SECRETS'] have the same secret, so each can speak "
                "for the other.",
                hint=_HINT,
                id="prestage.W055",
            )
        )
    return messages


def _listed(names: list[object]) -> str:
    return ", ".join(sorted(map(str, names)))
