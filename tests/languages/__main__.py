"""What `make messages` runs: write the catalogues anew and compile them."""

import sys

from babel.messages.catalog import Message

from tests.languages.catalogue import HOW, catalogue_files, current, read, update
from tests.languages.sentences import Unreadable


def main() -> int:
    """Update every catalogue; the exit status says whether something is to be translated."""
    try:
        template = current()
    except Unreadable as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command of the Makefile
        return 1
    status = 0
    for path in catalogue_files():
        update(path, template)
        left = [message for message in read(path) if message.id and _is_open(message)]
        print(f"{path}: {len(template)} messages, {len(left)} to translate")  # noqa: T201
        status |= bool(left)
    if status:
        print(HOW, file=sys.stderr)  # noqa: T201
    return status


def _is_open(message: Message) -> bool:
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    return message.fuzzy or not all(texts)


if __name__ == "__main__":
    sys.exit(main())
