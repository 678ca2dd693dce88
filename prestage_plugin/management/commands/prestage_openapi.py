"""`manage.py prestage_openapi`: write the OpenAPI document anew, after a change of the API."""

from typing import Any

from django.core.management.base import BaseCommand

from prestage_plugin.api.schema.document import DOCUMENT, digest_of, generate

__all__ = ["Command"]


class Command(BaseCommand):
    """Write the document that is shipped; for those who develop this software."""

    help = "Write the OpenAPI document anew, and say the digest that CHANGELOG.md must name."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write it."""
        text = generate()
        DOCUMENT.write_text(text, encoding="utf-8")
        self.stdout.write(f"{DOCUMENT} is written. CHANGELOG.md must say: {digest_of(text)}")
