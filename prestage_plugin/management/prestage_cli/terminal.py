"""Where a command writes to: plain sentences, tables, raw text; errors beside them."""

from typing import IO, Any

from rich.console import Console, RenderableType
from rich.text import Text

from nornir_tasks.cli.output import printable

__all__ = ["Terminal"]

# Where the output is no terminal, nobody's window decides how wide a line may be.
_FILE_WIDTH = 200


class Terminal:
    """A command's standard output and standard error.

    Args:
        stdout: Django's wrapper of the output.
        stderr: Django's wrapper of the error output.
        color: Whether colours are wanted where they are possible.
    """

    def __init__(self, *, stdout: Any, stderr: Any, color: bool) -> None:
        # Django would end every piece with a line break.
        stdout.ending = stderr.ending = ""
        self._stdout = stdout
        self._out = _console(stdout, color)
        self._err = _console(stderr, color)

    @property
    def live(self) -> Console | None:
        """Where a live display can be shown; None when nobody would see it."""
        return self._err if self._err.is_terminal else None

    def say(self, sentence: str, *, style: str = "") -> None:
        """Print one line that is not broken, without characters that control a terminal."""
        self._out.print(Text(printable(sentence), style=style), soft_wrap=True)

    def hint(self, sentence: str) -> None:
        """Print one line to standard error."""
        self._err.print(Text(printable(sentence)), soft_wrap=True)

    def show(self, renderable: RenderableType) -> None:
        """Print a table."""
        self._out.print(renderable)

    def write(self, text: str) -> None:
        """Print text as it is."""
        self._stdout.write(text)


def _console(stream: IO[str], color: bool) -> Console:
    width = None if stream.isatty() else _FILE_WIDTH
    return Console(file=stream, width=width, highlight=False, no_color=not color or None)
