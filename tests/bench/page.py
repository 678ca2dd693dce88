"""A page of the docs whose figures a benchmark writes, between two marks."""

from pathlib import Path

__all__ = ["BEGIN", "END", "write_page"]

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def write_page(page: Path, text: str) -> None:
    """Put what was measured between the marks of a page.

    Args:
        page: A Markdown file with both marks.
        text: Markdown that ends with a line end.
    """
    before, _begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
