"""What a strict Content-Security-Policy asks of our own templates."""

import re
from pathlib import Path

import pytest

import prestage_plugin

TEMPLATES = sorted((Path(prestage_plugin.__file__).parent / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "forbidden",
    [
        r"<script(?![^>]*\ssrc=)",
        r"<style",
        r"\sstyle=",
        r"\son[a-z]+=",
        "javascript:",
        r"\|safe",
        "autoescape",
    ],
)
def test_templates_hold_no_inline_code_and_trust_no_text(template: Path, forbidden: str) -> None:
    assert not re.search(forbidden, template.read_text())
