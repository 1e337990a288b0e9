"""What an operator is told about settings that do not hold."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chassis.settings import ServiceSettings, SettingsRefused
from chassis.values import OutsideAddress, SecretWord
from pydantic import Field

KEY = base64.b64encode(bytes(32)).decode()
NEWER = base64.b64encode(bytes([1] * 32)).decode()


class Settings(ServiceSettings, env_prefix="VAULT_"):
    s3_bucket: str = "documents"
    parts: int = Field(default=1, ge=1, le=9)
    provider_url: OutsideAddress = "http://127.0.0.1:1"
    token: SecretWord = SecretWord("x")


@pytest.fixture
def environment(keys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith(("VAULT_", "SCELLE_"))]:
        monkeypatch.delenv(name)
    master = tmp_path / "master.key"
    master.write_text(KEY)
    master.chmod(0o600)
    values = {
        "DATABASE_URL": "postgresql://x/y",
        "HTTP_PORT": "8000",
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "http://localhost",
        "SIGNING_KEY_FILE": keys.folder / "dossier.pem",
        "MASTER_KEY_FILE": master,
        "TRUST_FILE": keys.folder / "trust.json",
        "PEERS": '{"identity": "http://127.0.0.1:1"}',
    }
    for name, value in values.items():
        monkeypatch.setenv(f"VAULT_{name}", str(value))
    return monkeypatch


def refusal() -> str:
    with pytest.raises(SettingsRefused) as refused:
        Settings.load()
    assert str(refused.value).splitlines() == [str(refused.value)]
    return str(refused.value)


def test_settings_come_from_the_environment_of_the_service(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DOSSIER_HTTP_PORT", "9")
    settings = Settings.load()
    assert (settings.http_port, settings.peers["identity"]) == (8000, "http://127.0.0.1:1")


WRONG = [
    ("VAULT_S3_BUKET", "x", "unknown setting: VAULT_S3_BUKET"),
    ("VAULT_HTTP_PORT", "70000", "VAULT_HTTP_PORT: Input should be less than or equal to 65535"),
    ("VAULT_PARTS", "-1", "VAULT_PARTS: Input should be greater than or equal to 1"),
    ("VAULT_PEERS", "{", "VAULT_PEERS: is not readable JSON"),
    ("VAULT_PEERS", '{"identity": "identity:80"}', "VAULT_PEERS.identity: is not an address that begins with http://"),
    ("VAULT_SIGNING_KEY_FILE", "/nowhere/key", "VAULT_SIGNING_KEY_FILE: /nowhere/key is not a file"),
    ("VAULT_SIGNING_KEY_FILE", "/nowhere/a\nb", "VAULT_SIGNING_KEY_FILE: /nowhere/a b is not a file"),
    ("VAULT_LOG_FORMAT", "xml", "VAULT_LOG_FORMAT: Input should be 'json' or 'console'"),
    ("VAULT_ENVIRONMENT", "prod", "VAULT_ENVIRONMENT: Input should be 'production' or 'development'"),
    ("VAULT_DATABASE_URL", "mysql://u:hidden@x/y", "VAULT_DATABASE_URL: is not an address that begins with postgresql"),
    ("VAULT_DATABASE_URL", "postgresql://u:hidden@x", "without the name of a database"),
    ("VAULT_NATS_URL", "nats://u:hidden@", "VAULT_NATS_URL: is not an address that begins with nats://"),
    ("VAULT_PUBLIC_URL", "https://u:hidden@scelle.example", "VAULT_PUBLIC_URL: is an address with a name, a password"),
    ("VAULT_PUBLIC_URL", "https://scelle.example:99999", "VAULT_PUBLIC_URL: is not an address"),
    ("VAULT_TOKEN", " ", "VAULT_TOKEN: is empty"),
    ("VAULT_TRANSIT_URL", "https://openbao:8200", "VAULT: exactly one of master_key_file and transit_url is needed"),
    ("POSTGRES_ENABLE_DB_FUNCTIONS", "y", "POSTGRES_ENABLE_DB_FUNCTIONS must be off"),
]


@pytest.mark.bad_input("B62")
@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_a_setting_that_does_not_hold_is_named_in_one_line(
    environment: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    environment.setenv(name, value)
    said = refusal()
    assert sentence in said
    assert "hidden" not in said


def test_a_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("VAULT_DATABASE_URL")
    assert refusal() == "VAULT_DATABASE_URL: Field required"


def test_a_variable_of_systemd_is_no_unknown_setting_of_the_journal(environment: pytest.MonkeyPatch) -> None:
    class Journal(ServiceSettings, env_prefix="JOURNAL_"):
        """Its prefix is that of a variable which systemd sets for whatever it starts."""

    for name in [name for name in os.environ if name.startswith("VAULT_")]:
        environment.setenv(name.replace("VAULT_", "JOURNAL_"), os.environ[name])
    environment.setenv("JOURNAL_STREAM", "8:1")
    assert Journal.load().http_port == 8000


@pytest.mark.parametrize(
    ("mode", "whom"), [(0o644, "everyone"), (0o604, "everyone"), (0o601, "everyone"), (0o660, "a group")]
)
def test_a_key_that_others_can_read_or_change_is_refused(
    environment: pytest.MonkeyPatch, tmp_path: Path, mode: int, whom: str
) -> None:
    (tmp_path / "master.key").chmod(mode)
    assert f"can be read or changed by {whom}; chmod 600 it" in refusal()
    (tmp_path / "master.key").chmod(0o440)  # what a cluster mounts for the group of a pod
    assert Settings.load()
    environment.undo()


KEYS = {
    "a text": ("not a key", False),
    "a short key": (base64.b64encode(bytes(16)).decode(), False),
    "no key": (" \n", False),
    "a ring": (f"1 {KEY}\n2 {NEWER}\n", True),
    "a ring that does not rise": (f"2 {KEY}\n1 {NEWER}\n", False),
    "a ring that begins with nothing": (f"0 {KEY}\n1 {NEWER}\n", False),
    "two keys without numbers": (f"{KEY}\n{NEWER}\n", False),
}


@pytest.mark.parametrize(("content", "holds"), KEYS.values(), ids=KEYS)
def test_a_master_key_file_holds_a_key_or_a_ring_of_keys(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: str, *, holds: bool
) -> None:
    (tmp_path / "master.key").write_text(content)
    if holds:
        assert Settings.load().master_key_file == tmp_path / "master.key"
    else:
        assert "32 random bytes in base64" in refusal()
    environment.undo()


@pytest.mark.parametrize("name", ["SIGNING_KEY_FILE", "TRUST_FILE"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"-----BEGIN PRIVATE KEY-----\n", b'{"keys": [{"kid": 1}]}'])
def test_a_file_that_does_not_hold_what_it_should_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    file.chmod(0o600)
    environment.setenv(f"VAULT_{name}", str(file))
    assert refusal().startswith(f"VAULT_{name}: {file} ")


@pytest.fixture
def production(environment: pytest.MonkeyPatch, keys: Any, tmp_path: Path) -> pytest.MonkeyPatch:
    """Return an environment in which production starts."""
    (tmp_path / "signing.pem").write_bytes((keys.folder / "dossier.pem").read_bytes())
    (tmp_path / "signing.pem").chmod(0o600)
    environment.delenv("VAULT_ENVIRONMENT")
    environment.delenv("VAULT_MASTER_KEY_FILE")
    values = {
        "PUBLIC_URL": "https://scelle.example",
        "PROVIDER_URL": "https://provider.example/api",
        "SIGNING_KEY_FILE": tmp_path / "signing.pem",
        "TRANSIT_URL": "http://openbao:8200",
        "TRANSIT_TOKEN_FILE": tmp_path / "master.key",
    }
    for name, value in values.items():
        environment.setenv(f"VAULT_{name}", str(value))
    return environment


UNSAFE = [
    ("PUBLIC_URL", "http://scelle.example", "must begin with https:// in production"),
    ("PUBLIC_URL", "https://scelle.localhost", "names this machine or a sandbox"),
    ("PROVIDER_URL", "https://127.0.0.1:8443/api", "names this machine or a sandbox"),
    ("PROVIDER_URL", "https://[::1]/api", "names this machine or a sandbox"),
    ("PROVIDER_URL", "https://sandbox.provider.example/api", "names this machine or a sandbox"),
]


@pytest.mark.bad_input("B62")
@pytest.mark.parametrize(("name", "value", "sentence"), UNSAFE)
def test_production_refuses_addresses_of_development(
    production: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    assert Settings.load().environment == "production"
    production.setenv(f"VAULT_{name}", value)
    assert refusal().startswith(f"VAULT_{name}: {sentence}")


@pytest.mark.bad_input("B62")
def test_production_refuses_keys_of_development(production: pytest.MonkeyPatch, tmp_path: Path) -> None:
    production.setenv("VAULT_MASTER_KEY_FILE", str(tmp_path / "master.key"))
    production.delenv("VAULT_TRANSIT_URL")
    assert refusal() == "VAULT: master_key_file is a key of development; production needs transit_url"
    (tmp_path / "DEVELOPMENT").touch()
    assert "was made for development; production needs keys of its own" in refusal()


def test_production_cannot_be_armed_with_a_crash_point(production: pytest.MonkeyPatch) -> None:
    production.setenv("SCELLE_CRASHPOINT", "eventstore.after-commit")
    assert refusal().startswith("SCELLE_CRASHPOINT is set, and this is production")


def test_the_key_service_is_signed_in_to_in_one_way(production: pytest.MonkeyPatch) -> None:
    production.setenv("VAULT_TRANSIT_ROLE", "scelle-vault")
    assert Settings.load()
    production.delenv("VAULT_TRANSIT_TOKEN_FILE")
    assert refusal() == "VAULT: transit_url needs transit_token_file, or transit_role with transit_jwt_file"


@pytest.fixture
def folder(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder of settings that are files; the address of the database is one of them."""
    folder = tmp_path / "settings"
    folder.mkdir()
    environment.setenv("SCELLE_SETTINGS_DIR", str(folder))
    environment.delenv("VAULT_DATABASE_URL")
    (folder / "VAULT_DATABASE_URL").write_text("postgresql://from/a/file\n")
    (folder / "DOSSIER_HTTP_PORT").write_text("9")
    for file in folder.iterdir():
        file.chmod(0o400)
    return folder


@pytest.mark.usefixtures("folder")
def test_settings_may_be_files_and_the_environment_comes_first(environment: pytest.MonkeyPatch) -> None:
    assert Settings.load().database_url == "postgresql://from/a/file"
    environment.setenv("VAULT_DATABASE_URL", "postgresql://from/the/environment")
    assert Settings.load().database_url == "postgresql://from/the/environment"


def test_a_file_that_is_no_setting_or_that_everyone_reads_is_refused(folder: Path) -> None:
    stray = folder / "VAULT_S3_BUKET"
    stray.write_text("x")
    stray.chmod(0o400)
    assert refusal() == "unknown setting: VAULT_S3_BUKET"
    stray.chmod(0o444)
    assert "can be read or changed by everyone" in refusal()


@pytest.mark.parametrize("content", [b"", b"\xff", b"postgresql://x/y\0"])
def test_a_file_of_settings_that_is_no_text_is_named(folder: Path, content: bytes) -> None:
    file = folder / "VAULT_DATABASE_URL"
    file.chmod(0o600)
    file.write_bytes(content)
    assert refusal().startswith(f"{file} ")


def test_a_folder_of_settings_that_is_not_there_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SCELLE_SETTINGS_DIR", str(tmp_path / "nowhere"))
    assert refusal() == f"SCELLE_SETTINGS_DIR: {tmp_path / 'nowhere'} is not a folder that can be read"


def test_a_file_that_the_account_of_the_process_cannot_read_is_named(tmp_path: Path) -> None:
    """An account that is nobody's tries; whoever runs the tests may be root, who reads everything."""
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    look = f"import os; os.setuid(65534) if os.getuid() == 0 else os.chmod({str(file)!r}, 0)\n"
    check = f"from pathlib import Path\ntry: secret_file(Path({str(file)!r}))\nexcept ValueError as error: print(error)"
    program = f"from chassis.values import secret_file\n{look}{check}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert done.stdout.strip() == f"{file} cannot be read by the account of this process"
