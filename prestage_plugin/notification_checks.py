"""What is wrong with the settings of announcements (`services.notification`)."""

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's

from prestage_plugin.conf import PrestageSettings

__all__ = ["check_notifications"]

_WORDS = ("failure", "always", "never")
_SHORTEST_SECRET = 32


def check_notifications(prestage: PrestageSettings) -> list[CheckMessage]:
    """Report what is wrong; no message holds the URL or the secret.

    Args:
        prestage: The site's settings.
    """
    messages: list[CheckMessage] = []
    if prestage.notify not in _WORDS:
        messages.append(
            Error(f"PRESTAGE['NOTIFY'] must be one of {', '.join(_WORDS)}.", id="prestage.E020")
        )
    emails = prestage.notify_emails
    if isinstance(emails, str) or not all(isinstance(each, str) and "@" in each for each in emails):
        messages.append(
            Error("PRESTAGE['NOTIFY_EMAILS'] must be a list of addresses.", id="prestage.E021")
        )
    if prestage.notify_webhook:
        messages += _check_webhook(prestage)
    return messages


def _check_webhook(prestage: PrestageSettings) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if not str(prestage.notify_webhook).startswith(("https://", "http://")):
        messages.append(
            Error(
                "PRESTAGE['NOTIFY_WEBHOOK'] must be a URL with https (or http).", id="prestage.E022"
            )
        )
    if not prestage.notify_secret:
        messages.append(
            Error(
                "PRESTAGE names a NOTIFY_WEBHOOK but no NOTIFY_SECRET to sign with.",
                hint="python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one.",
                id="prestage.E023",
            )
        )
    elif len(prestage.notify_secret) < _SHORTEST_SECRET:
        messages.append(
            Warning(
                f"PRESTAGE['NOTIFY_SECRET'] is shorter than {_SHORTEST_SECRET} characters.",
                hint="python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one.",
                id="prestage.W024",
            )
        )
    return messages
