"""The code blocks of our documents, so that tests can run them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced code block.

    Attributes:
        language: What stands behind the fence, e.g. `sh`.
        text: The code.
        line: Where it begins in the page.
    """

    language: str
    text: str
    line: int

    @property
    def commands(self) -> list[str]:
        """The block's shell commands, continued lines joined, without comments."""
        joined = self.text.replace("\\\n", " ")
        lines = (line.strip() for line in joined.splitlines())
        return [line for line in lines if line and not line.startswith("#")]

    @property
    def target(self) -> str | None:
        """The file of a Django site that the block belongs to, from its first comment."""
        found = re.match(r"# (settings|urls)\.py", self.text)
        return found and found[0][2:]


def blocks_of(page: Path) -> list[Block]:
    """Return the code blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["text"], text.count("\n", 0, found.start()) + 1)
        for found in _BLOCK.finditer(text)
    ]
