"""Variables of the launcher that do not hold stop every verb, with one line."""

import os
from pathlib import Path

import pytest
from launcher.__main__ import BAD_SETTINGS, main, parser
from launcher.verbs import OWN_PARSER

pytestmark = pytest.mark.bad_input("B62")
WRONG = [
    ("SCELLE_POSTGRES_URI", "postgresql://x/y", "unknown variable: SCELLE_POSTGRES_URI"),
    ("SCELLE_S3_ACCESSKEY", "x", "unknown variable: SCELLE_S3_ACCESSKEY"),
    ("SCELLE_POSTGRES_URL", "mysql://u:hidden@x", "SCELLE_POSTGRES_URL is not an address that begins with postgresql"),
    ("SCELLE_POSTGRES_URL", "localhost:5432", "SCELLE_POSTGRES_URL is not an address that begins with postgresql"),
    ("SCELLE_NATS_URL", "nats://u:hidden@x:99999", "SCELLE_NATS_URL is not an address that begins with nats://"),
    ("SCELLE_S3_URL", "s3://hidden", "SCELLE_S3_URL is not an address that begins with http://"),
    ("SCELLE_OTLP_ENDPOINT", "http:// hidden", "SCELLE_OTLP_ENDPOINT is not an address that begins with http://"),
    ("SCELLE_OTLP_SAMPLED", "5 %", "SCELLE_OTLP_SAMPLED is not a share from 0 to 1"),
    ("SCELLE_OTLP_SAMPLED", "nan", "SCELLE_OTLP_SAMPLED is not a share from 0 to 1"),
    ("SCELLE_TOKEN", "hidden\nline", "SCELLE_TOKEN is blank, or holds control characters"),
]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("SCELLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SCELLE_DATA", str(tmp_path / "data"))
    return monkeypatch


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_a_variable_that_does_not_hold_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, sentence: str
) -> None:
    environment.setenv(name, value)
    for verb in (["up"], ["status"], ["down"], ["logs", "x"], ["backup", "x"], ["journal", "status"]):
        assert main(verb) == BAD_SETTINGS
        told, said = capsys.readouterr()
        assert told == ""
        assert said.startswith(f"scelle: {sentence}")
        assert said.count("\n") == 1
        assert "hidden" not in said


def test_a_server_of_ones_own_without_its_keys_is_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("SCELLE_S3_URL", "https://s3.example")
    assert main(["up"]) == BAD_SETTINGS
    assert capsys.readouterr().err == "scelle: SCELLE_S3_URL is set, so SCELLE_S3_ACCESS_KEY is needed too\n"


def test_variables_of_other_programs_and_empty_ones_are_no_mistake(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("SCELLE_FAULT_ROUNDS", "3")
    environment.setenv("SCELLE_POSTGRES_URL", "")
    assert main(["status"]) == 3
    assert "unknown" not in capsys.readouterr().err


def test_a_verifier_needs_no_environment(environment: pytest.MonkeyPatch) -> None:
    """What it trusts stands in the policy that it is given, and in nothing else."""
    environment.setenv("SCELLE_POSTGRES_URI", "x")
    with pytest.raises(SystemExit) as left:
        main(["verify", "--help"])
    assert (left.value.code, set(OWN_PARSER)) == (0, {"verify"})
    assert parser()
