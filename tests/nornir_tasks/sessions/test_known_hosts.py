"""known_hosts files as sshd(8) describes them, and the decision on a presented key."""

import base64
import hmac
import logging
import os
from pathlib import Path

import paramiko
import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.host_keys import HostKeyPolicy, fingerprint, preferred_algorithms
from nornir_tasks.sessions.known_hosts import KnownHosts, load_known_hosts
from nornir_tasks.sessions.settings import SessionSettings


def blob(key_type: str, content: bytes = b"key") -> bytes:
    name = key_type.encode()
    return len(name).to_bytes(4) + name + len(content).to_bytes(4) + content


def entry(names: str, content: bytes = b"key", key_type: str = "ssh-ed25519") -> str:
    return f"{names} {key_type} {base64.b64encode(blob(key_type, content)).decode()} a comment"


def hashed(name: str) -> str:
    salt = b"0123456789abcdefghij"
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("names", "host", "port", "known"),
    [
        ("pe1", "pe1", 22, True),
        ("pe1", "PE1", 22, True),
        ("PE1", "pe1", 22, True),
        ("pe1", "pe2", 22, False),
        ("pe1", "pe1", 830, True),
        ("[pe1]:830", "pe1", 830, True),
        ("[pe1]:830", "pe1", 22, False),
        ("[pe1]:831", "pe1", 830, False),
        ("[2001:db8::1]:830", "2001:db8::1", 830, True),
        ("pe0,pe1,192.0.2.1", "192.0.2.1", 22, True),
        (hashed("pe1"), "pe1", 22, True),
        (hashed("[pe1]:830"), "pe1", 830, True),
        (hashed("pe1"), "pe2", 22, False),
        ("pe*", "pe17", 22, True),
        ("pe?", "pe17", 22, False),
        ("pe??", "pe17", 22, True),
        ("*.example,!pe1.example", "pe2.example", 22, True),
        ("*.example,!pe1.example", "pe1.example", 22, False),
        ("!pe1", "pe2", 22, False),
        ("[*]:830", "pe1", 830, True),
        ("[pe*]:830", "p1", 830, False),
        ("192.0.2.*", "192.0.2.17", 22, True),
        ("192.0.2.*", "192a0b2.17", 22, False),
    ],
)
def test_a_line_applies_to_the_hosts_that_it_names(
    names: str, host: str, port: int, known: bool
) -> None:
    assert bool(KnownHosts(entry(names)).lookup(host, port).trusted) is known


def test_the_entry_with_the_port_beats_the_one_without() -> None:
    keys = KnownHosts("\n".join([entry("pe1", b"ssh"), entry("[pe1]:830", b"netconf")]))
    assert [key.blob for key in keys.lookup("pe1", 830).trusted] == [
        blob("ssh-ed25519", b"netconf")
    ]
    assert [key.blob for key in keys.lookup("pe1", 22).trusted] == [blob("ssh-ed25519", b"ssh")]


def test_a_host_may_have_several_keys() -> None:
    text = "\n".join([entry("pe1", b"1"), entry("pe1,pe2", b"2"), entry("*", b"3")])
    assert len(KnownHosts(text).lookup("pe1", 22).trusted) == 3


def test_certificate_authorities_are_no_keys_of_hosts() -> None:
    assert not KnownHosts("@cert-authority " + entry("*")).lookup("pe1", 22).trusted


@pytest.mark.parametrize(
    "line",
    [
        "pe1",
        "pe1 ssh-ed25519",
        "pe1 ssh-ed25519 !!!notbase64",
        "pe1 ssh-rsa " + base64.b64encode(blob("ssh-ed25519")).decode(),
        "@unknown-marker " + entry("pe1"),
        entry("|1|short"),
        entry("|2|YQ==|YQ=="),
        "pe1 1024 35 1234567",
        "\x00\x01\x02",
    ],
)
def test_bad_lines_are_skipped_and_counted(line: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        keys = KnownHosts("\n".join([line, line, "", "# comment", entry("pe2")]), "my_hosts")
    assert not keys.lookup("pe1", 22).trusted
    assert keys.lookup("pe2", 22).trusted
    assert caplog.messages == ["my_hosts: 2 lines cannot be read and were skipped"]


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(entry("pe1"))
    first = load_known_hosts(path)
    assert load_known_hosts(path) is first
    path.write_text(entry("pe1") + "\n" + entry("pe2"))
    assert load_known_hosts(path).lookup("pe2", 22).trusted


def test_openssh_style_output_of_paramiko_is_understood(tmp_path: Path) -> None:
    keys = paramiko.HostKeys()
    key = paramiko.ECDSAKey.generate()
    keys.add("[pe1]:830", key.get_name(), key)
    keys.add(paramiko.HostKeys.hash_host("pe2"), key.get_name(), key)
    keys.save(os.fspath(tmp_path / "known_hosts"))
    read = load_known_hosts(tmp_path / "known_hosts")
    for host, port in (("pe1", 830), ("pe2", 22)):
        assert [k.blob for k in read.lookup(host, port).trusted] == [key.asbytes()]


def policy(tmp_path: Path, text: str | None) -> HostKeyPolicy:
    path = tmp_path / "known_hosts"
    if text is not None:
        path.write_text(text)
    return HostKeyPolicy("pe1", 830, SessionSettings(known_hosts=path))


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (entry("pe2"), ErrorCode.HOST_KEY_UNKNOWN, "not in"),
        (None, ErrorCode.HOST_KEY_UNKNOWN, "cannot be read"),
        (entry("pe1", b"other"), ErrorCode.HOST_KEY_MISMATCH, "but"),
        (entry("pe1", b"x", "ssh-rsa"), ErrorCode.HOST_KEY_MISMATCH, "but"),
        ("@revoked " + entry("pe1"), ErrorCode.HOST_KEY_MISMATCH, "revoked"),
        ("@revoked " + entry("*") + "\n" + entry("pe1"), ErrorCode.HOST_KEY_MISMATCH, "revoked"),
    ],
)
def test_a_key_that_is_not_the_known_one_is_refused_with_fingerprint_and_file(
    tmp_path: Path, text: str | None, code: ErrorCode, says: str
) -> None:
    presented = blob("ssh-ed25519")
    with pytest.raises(PrestageError) as caught:
        policy(tmp_path, text).verify(presented)
    assert caught.value.code is code
    assert says in caught.value.text
    assert fingerprint(presented) in caught.value.text
    assert str(tmp_path / "known_hosts") in caught.value.text


def test_the_known_key_is_accepted(tmp_path: Path) -> None:
    policy(tmp_path, entry("pe1")).verify(blob("ssh-ed25519"))


def test_the_fingerprint_is_the_one_that_openssh_shows() -> None:
    key = paramiko.ECDSAKey.generate()
    assert fingerprint(key.asbytes()) == key.fingerprint


def test_a_known_rsa_key_is_asked_for_with_sha2_signatures_first() -> None:
    offered = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256")
    assert preferred_algorithms(["ssh-rsa"], offered) == (
        "rsa-sha2-512",
        "rsa-sha2-256",
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
    )
    assert preferred_algorithms(["ssh-dss"], offered) == offered
    assert preferred_algorithms([], offered) == offered


def test_paramiko_still_has_no_ssh_rsa_algorithm_which_is_why_we_translate() -> None:
    """When this fails, preferred_algorithms can be simplified."""
    assert "ssh-rsa" not in paramiko.Transport._key_info


def test_switching_verification_off_is_honoured_and_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from nornir_tasks.sessions import host_keys

    host_keys._warn_once.cache_clear()
    settings = SessionSettings(known_hosts=tmp_path / "missing", hostkey_verify=False)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            HostKeyPolicy("pe1", 830, settings).verify(blob("ssh-ed25519"))
    assert len(caplog.messages) == 1
    assert "not verified" in caplog.messages[0]
