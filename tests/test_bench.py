"""The benchmark writes a page and a picture that can be read; how fast anything is, is no test."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from lxml import etree

from tests.bench.__main__ import CHAPTERS, DOCS
from tests.bench.chapter import Bars, Chapter, Curve, Promise, Table
from tests.bench.document import write
from tests.bench.page import BEGIN, END

CHAPTER = Chapter(
    "A chapter",
    "How it was measured.",
    tables=[Table(["what", "devices/s"], [["whole job", "120"]])],
    promises=[Promise.at_least("faster", 8, 8.5, " x"), Promise.at_most("CPU", 4, 4.25, " x")],
    bars=[Bars("Devices a second", {"whole <job>": 120.0, "script": 15.0})],
    curves=[Curve("Memory", "devices", "MB", {"memory": [(0.0, 80.0), (10_000.0, 90.0)]})],
)


def test_the_page_says_what_was_promised_measured_and_kept(tmp_path: Path) -> None:
    page, picture = tmp_path / "page.md", tmp_path / "picture.svg"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write([CHAPTER], page=page, picture=picture)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| faster | at least 8 x | 8.5 x | yes |" in text
    assert "| CPU | at most 4 x | 4.25 x | **no** |" in text
    assert "| whole job | 120 |" in text


def test_the_picture_is_well_formed_and_says_its_figures(tmp_path: Path) -> None:
    page, picture = tmp_path / "page.md", tmp_path / "picture.svg"
    page.write_text(f"{BEGIN}{END}", encoding="utf-8")
    write([CHAPTER], page=page, picture=picture)
    drawn = etree.fromstring(picture.read_bytes())
    words = [element.text for element in drawn.iter("{*}text")]
    assert {"Devices a second", "whole <job>", "script", "120", "15"} <= set(words)


def test_every_chapter_can_be_asked_for() -> None:
    for module, _options in CHAPTERS.values():
        assert callable(import_module(f"tests.bench.chapters.{module}").measure)
    help_ = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--help"], capture_output=True, text=True, check=True
    )
    for name in CHAPTERS:
        assert name in help_.stdout


def test_the_page_has_its_marks() -> None:
    text = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
