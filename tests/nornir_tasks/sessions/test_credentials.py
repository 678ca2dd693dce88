"""Private keys and passwords: read once, never shown, and said in a sentence when unusable."""

from pathlib import Path
from typing import Any

import paramiko
import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions import credentials
from nornir_tasks.sessions.credentials import Credentials, load_key
from nornir_tasks.sessions.settings import SessionSettings

PASS_PHRASE = "op3n s3same"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path))
    return path


@pytest.fixture
def encrypted_key_file(tmp_path: Path) -> Path:
    path = tmp_path / "encrypted"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path), password=PASS_PHRASE)
    return path


def test_a_key_is_read_once_and_again_after_it_has_changed(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Any] = []
    original = credentials._read_key

    def counting(*arguments: Any) -> Any:
        reads.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(credentials, "_read_key", counting)
    first, _ = load_key(key_file, None)
    assert load_key(key_file, None)[0] is first
    assert len(reads) == 1
    key_file.unlink()
    paramiko.RSAKey.generate(2048).write_private_key_file(str(key_file))
    assert load_key(key_file, None)[0].get_name() == "ssh-rsa"


def test_the_password_of_the_account_goes_with_a_key_that_is_not_encrypted(key_file: Path) -> None:
    gathered = Credentials.gather("u", "p4ss", SessionSettings(key_filename=key_file))
    assert gathered.password == "p4ss"
    assert len(gathered.keys) == 1


def test_a_pass_phrase_is_never_sent_to_the_device(encrypted_key_file: Path) -> None:
    settings = SessionSettings(key_filename=encrypted_key_file)
    gathered = Credentials.gather("u", PASS_PHRASE, settings)
    assert gathered.password is None
    assert len(gathered.keys) == 1


def test_nothing_secret_is_in_the_repr(key_file: Path) -> None:
    gathered = Credentials.gather("u", "p4ss", SessionSettings(key_filename=key_file))
    assert repr(gathered) == "Credentials(username='u')"


@pytest.mark.parametrize(
    ("pass_phrase", "says"), [(None, "no pass phrase is set"), ("wr0ng", "does not open it")]
)
def test_an_encrypted_key_without_its_pass_phrase_is_refused(
    encrypted_key_file: Path, pass_phrase: str | None, says: str
) -> None:
    with pytest.raises(PrestageError) as caught:
        load_key(encrypted_key_file, pass_phrase)
    assert caught.value.code is ErrorCode.CREDENTIALS
    assert says in caught.value.text
    assert "wr0ng" not in caught.value.text


def test_agent_and_usual_keys_are_not_used_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(tmp_path / ".ssh" / "id_ecdsa"))
    assert Credentials.gather("u", "p", SessionSettings()).keys == ()
    asked = Credentials.gather("u", None, SessionSettings(look_for_keys=True))
    assert [found.get_fingerprint() for found in asked.keys] == [key.get_fingerprint()]
