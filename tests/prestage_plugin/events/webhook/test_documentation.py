"""The codes in our documents are those that senders get."""

import re
from pathlib import Path

import pytest

from prestage_plugin.conf import PrestageSettings
from prestage_plugin.events.webhook.bodies.message import Ignored
from prestage_plugin.events.webhook.document import MOST_DEPTH
from prestage_plugin.events.webhook.refusal import RefusalCode

PAGE = (Path(__file__).parents[4] / "docs" / "auto-prestaging.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Webhooks\n")[2].partition("\n## ")[0]


def test_every_reason_to_ignore_something_is_explained() -> None:
    table = SECTION.partition("| reason |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE)) == set(Ignored)


def test_every_refusal_is_explained_with_its_status() -> None:
    table = SECTION.partition("| status |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (\d{3}) \| ([^|]+) \|", table, re.MULTILINE)
    told = {code: int(status) for status, codes in rows for code in re.findall(r"`(\S+?)`", codes)}
    assert told == {str(code): int(code.status) for code in RefusalCode}


@pytest.mark.parametrize(
    "told",
    [
        f"at most {MOST_DEPTH} levels",
        f"| `WEBHOOK_WINDOW` | `{PrestageSettings().webhook_window:.0f}` |",
        ", ".join(f"`{key}`" for key in PrestageSettings().webhook_own_keys),
    ],
)
def test_limits_are_told_as_they_are(told: str) -> None:
    assert told in SECTION
