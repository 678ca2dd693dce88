"""The documents of every saved configuration, whole, as files in `tests/fixtures/junos/documents`.

`python -m tests.nornir_tasks.golden` writes them anew, when facts or rules are meant to change; the
difference then shows what that means.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nornir_tasks.platforms import get_platform
from nornir_tasks.rules import evaluate, profiles
from nornir_tasks.xml import parse_document

__all__ = ["CONFIGURATIONS", "documents_of", "stored_at"]

_FOLDER = Path(__file__).parents[1] / "fixtures" / "junos"

CONFIGURATIONS = sorted(_FOLDER.glob("*.xml"))


def documents_of(configuration: Path) -> dict[str, Any]:
    """Return facts and evaluations of a configuration, by every profile, with every field."""
    document = parse_document(configuration.read_bytes())
    facts = get_platform("junos").facts_from_document(None, document)
    made = {
        "facts": [asdict(each) for each in facts],
        "evaluations": {
            profile.name: [evaluate(each, profile=profile).as_dict() for each in facts]
            for profile in profiles()
        },
    }
    stored: dict[str, Any] = json.loads(json.dumps(made))
    return stored


def stored_at(configuration: Path) -> Path:
    """Return where the documents of a configuration are kept."""
    return _FOLDER / "documents" / f"{configuration.stem}.json"


def main() -> None:
    """Write the files."""
    for configuration in CONFIGURATIONS:
        text = json.dumps(documents_of(configuration), indent=1, ensure_ascii=False)
        stored_at(configuration).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
