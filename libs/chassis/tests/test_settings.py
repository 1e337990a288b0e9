"""What an operator is told about settings that do not hold."""

import os
from pathlib import Path

import pytest
from chassis.settings import ServiceSettings, SettingsRefused


class Settings(ServiceSettings, env_prefix="VAULT_"):
    s3_bucket: str = "documents"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("VAULT_")]:
        monkeypatch.delenv(name)
    secret, public = tmp_path / "secret", tmp_path / "public"
    for path, mode in ((secret, 0o600), (public, 0o644)):
        path.write_text("x")
        path.chmod(mode)
    values = {
        "DATABASE_URL": "postgresql://x/y",
        "HTTP_PORT": "8000",
        "PUBLIC_URL": "http://localhost",
        "SIGNING_KEY_FILE": secret,
        "MASTER_KEY_FILE": secret,
        "TRUST_FILE": public,
        "PEERS": '{"identity": "http://127.0.0.1:1"}',
    }
    for name, value in values.items():
        monkeypatch.setenv(f"VAULT_{name}", str(value))
    return monkeypatch


def test_settings_come_from_the_environment_of_the_service(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DOSSIER_HTTP_PORT", "9")
    settings = Settings.load()
    assert (settings.http_port, settings.peers["identity"]) == (8000, "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("VAULT_S3_BUKET", "x", "unknown setting: VAULT_S3_BUKET"),
        ("VAULT_HTTP_PORT", "70000", "VAULT_HTTP_PORT: Input should be less than or equal to 65535"),
        ("VAULT_PEERS", "{", "peers"),
        ("VAULT_SIGNING_KEY_FILE", "/nowhere/key", "/nowhere/key is not a file"),
        ("VAULT_LOG_FORMAT", "xml", "VAULT_LOG_FORMAT: Input should be 'json' or 'console'"),
    ],
)
def test_a_setting_that_does_not_hold_is_named_in_one_line(
    environment: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsRefused, match=sentence) as refused:
        Settings.load()
    assert "\n" not in str(refused.value)


def test_a_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("VAULT_DATABASE_URL")
    with pytest.raises(SettingsRefused, match="VAULT_DATABASE_URL: Field required"):
        Settings.load()


def test_a_key_that_everyone_can_read_is_refused(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    open_key = tmp_path / "open"
    open_key.write_text("x")
    open_key.chmod(0o644)
    environment.setenv("VAULT_MASTER_KEY_FILE", str(open_key))
    with pytest.raises(SettingsRefused, match="can be read by everyone"):
        Settings.load()


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
    with pytest.raises(SettingsRefused, match="unknown setting: VAULT_S3_BUKET"):
        Settings.load()
    stray.chmod(0o444)
    with pytest.raises(SettingsRefused, match="can be read by everyone"):
        Settings.load()


def test_a_folder_of_settings_that_is_not_there_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SCELLE_SETTINGS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsRefused, match=r"SCELLE_SETTINGS_DIR: .*nowhere is not a folder"):
        Settings.load()
