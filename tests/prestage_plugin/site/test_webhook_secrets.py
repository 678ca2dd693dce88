import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from prestage_plugin.site.services import webhook_secrets

SECRETS = {"netbox": "s3cr3t" * 6}


def test_they_are_in_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.json"
    path.write_text(json.dumps(SECRETS))
    assert webhook_secrets({"PRESTAGE_WEBHOOK_SECRETS": str(path)}) == SECRETS


def test_without_a_file_nobody_may_send() -> None:
    assert webhook_secrets({}) == {}


@pytest.mark.parametrize(
    "content", [None, b"", b"{'netbox': 's3cr3t'}", b'{"netbox": "s3cr3t', b"\xff"]
)
def test_a_file_that_cannot_be_read_is_named_and_not_shown(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "webhooks.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured) as caught:
        webhook_secrets({"PRESTAGE_WEBHOOK_SECRETS": str(path)})
    assert str(path) in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
