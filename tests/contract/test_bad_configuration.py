"""Settings that are missing, unknown, malformed or unsafe stop the start of every service, with one line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from chassis.process import Service
from chassis.settings import EX_CONFIG, ProcessSettings, SettingsRefused
from chassis.values import KeyFile
from launcher.blueprint import SERVICES, Blueprint, module
from launcher.state import State
from pydantic.fields import FieldInfo
from sandbox.tsa.chain import Chain

pytestmark = [pytest.mark.bad_input("B62"), pytest.mark.fault("F57")]
HIDDEN = "hidden-in-messages"
VERBS = ["serve", "work", "run", "run --migrate", "migrate"]
OWN_VERBS = {
    "identity": ["register-office --crpcen 1 --name x"],
    "journal": ["status", "audit", "monitor", "recover", "parked list", "parked replay"],
}
NOT_ADDRESSES = [
    "identity:8080",
    "http://",
    "javascript:alert(1)",
    f"ftp://u:{HIDDEN}@x/y",
    "http://x:0/",
    "http://a b/",
]
NOT_NUMBERS = ["", "x", "-1", "1e400", "nan", "9" * 30]
NOT_JSON = ["{", "x", "7", '"x"']


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    """Return the settings of an embedded stack that was never started; what its simulators make is made here."""
    folder = tmp_path_factory.mktemp("plan")
    made = Blueprint(State(folder), {})
    Chain.in_folder(made.attesters.tsa_folder, "test")
    (folder / "ar24" / "seal").mkdir(parents=True)
    (folder / "ar24" / "seal" / "chain.pem").write_bytes((made.attesters.tsa_folder / "chain.pem").read_bytes())
    return made


class Process:
    """A service whose environment holds, until something in it is changed."""

    def __init__(self, name: str, plan: Blueprint, environment: pytest.MonkeyPatch) -> None:
        """Set its variables and no other's."""
        self.name, self.environment = name, environment
        self.settings: type[ProcessSettings] = import_module(f"{module(name)}.settings").Settings
        for variable in [one for one in os.environ if one.startswith((self.settings.prefix(), "SCELLE_", "POSTGRES_"))]:
            environment.delenv(variable)
        self.given = dict(plan.service(name).environment)
        for variable, value in self.given.items():
            environment.setenv(variable, value)

    def fields(self, *kinds: str) -> list[str]:
        """Return the names of the settings whose type is told by one of these words."""
        return [name for name, field in self.settings.model_fields.items() if kind(name, field) in kinds]

    def put(self, field: str, value: str) -> None:
        self.environment.setenv(f"{self.settings.prefix()}{field.upper()}", value)

    def refused(self) -> str:
        """Load the settings, which do not hold, and return the line."""
        with pytest.raises(SettingsRefused) as refused:
            self.settings.load()
        said = str(refused.value)
        assert said.splitlines() == [said]
        assert HIDDEN not in said
        return said

    def named(self, field: str, value: str) -> str:
        """Check that a value is refused under the name of its variable; put the good one back."""
        self.put(field, value)
        said = self.refused()
        assert f"{self.settings.prefix()}{field.upper()}" in said, (field, value, said)
        self.put_back(field)
        return said

    def put_back(self, field: str) -> None:
        variable = f"{self.settings.prefix()}{field.upper()}"
        if variable in self.given:
            self.put(field, self.given[variable])
        else:
            self.environment.delenv(variable)


def kind(name: str, field: FieldInfo) -> str:
    """Return what a setting is: a file, an address, a number, JSON, a choice, a switch or a text."""
    told = repr(field.annotation)
    if "Path" in told:
        return "key file" if secret(field) else "file"
    if name.endswith(("_url", "oidc_issuer")):
        return "address"
    if any(word in told for word in ("dict", "tuple", "list")):
        return "json"
    if "Literal" in told:
        return "choice"
    for word, called in (("bool", "switch"), ("int", "number"), ("float", "number")):
        if word in told:
            return called
    return "text"


def secret(field: FieldInfo) -> bool:
    _, mark = get_args(KeyFile)
    inner = [one for union in get_args(field.annotation) for one in getattr(union, "__metadata__", ())]
    return mark in field.metadata or mark in inner


@pytest.fixture(params=SERVICES)
def process(request: pytest.FixtureRequest, plan: Blueprint, monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(request.param, plan, monkeypatch)


def test_the_settings_of_the_embedded_stack_hold(process: Process) -> None:
    assert process.settings.load().environment == "development"


def test_a_missing_setting_is_named(process: Process) -> None:
    needed = [name for name, field in process.settings.model_fields.items() if field.is_required()]
    assert {"database_url", "http_port", "public_url"} <= set(needed)
    for name in needed:
        process.environment.delenv(f"{process.settings.prefix()}{name.upper()}")
    said = process.refused()
    assert all(f"{process.settings.prefix()}{name.upper()}: Field required" in said for name in needed)


def test_an_unknown_setting_is_named(process: Process) -> None:
    process.put("databse_url", "x")
    assert process.refused() == f"unknown setting: {process.settings.prefix()}DATABSE_URL"


def test_a_malformed_address_is_named(process: Process) -> None:
    for name in process.fields("address"):
        for value in NOT_ADDRESSES:
            process.named(name, value)


def test_a_number_that_cannot_be_is_named(process: Process) -> None:
    for name in process.fields("number"):
        for value in NOT_NUMBERS:
            process.named(name, value)


def test_a_choice_or_a_switch_that_is_not_there_is_named(process: Process) -> None:
    for name in process.fields("choice", "switch"):
        process.named(name, "perhaps")


def test_what_is_no_json_of_its_kind_is_named(process: Process) -> None:
    for name in process.fields("json"):
        for value in NOT_JSON:
            process.named(name, value)


def test_an_empty_secret_is_named(process: Process) -> None:
    words = [name for name in process.fields("text") if name.endswith(("token", "secret", "secret_key", "access_key"))]
    for name in words:
        process.put(name, " ")
        assert name in process.refused().lower()
        process.put_back(name)


def test_a_file_that_is_not_there_or_empty_is_named(process: Process, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch(0o600)
    for name in process.fields("file", "key file"):
        assert "is not a file" in process.named(name, str(tmp_path / "no\nwhere"))
        assert "is not a file" in process.named(name, str(tmp_path))
        assert "is empty" in process.named(name, str(empty))


def test_a_secret_that_others_can_read_is_named(process: Process, tmp_path: Path) -> None:
    names = process.fields("key file")
    assert names
    for name in names:
        given = process.given.get(f"{process.settings.prefix()}{name.upper()}")
        copy = tmp_path / name
        copy.write_bytes(Path(given).read_bytes() if given else b"x")
        for mode in (0o644, 0o604, 0o620):
            copy.chmod(mode)
            assert "can be read or changed by" in process.named(name, str(copy))


def test_a_file_of_another_kind_is_named(process: Process, tmp_path: Path) -> None:
    """Every file that is read at the start is looked into before; tokens may be any text."""
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"\xff\xfe not what it should be")
    wrong.chmod(0o600)
    looked_into = {"signing_key_file", "trust_file", "master_key_file", "code_key_file", "webhook_secret_file"}
    looked_into |= {"log_key_file", "log_mldsa_key_file", "oidc_claims_file", "maileva_credentials_file"}
    looked_into |= {"report_secret_file"}
    for name in looked_into & set(process.settings.model_fields):
        assert str(wrong) in process.named(name, str(wrong))


@pytest.mark.parametrize("name", ["POSTGRES_ENABLE_DB_FUNCTIONS", "SHOP_POSTGRES_ENABLE_DB_FUNCTIONS"])
def test_the_option_that_loses_events_is_refused(process: Process, name: str) -> None:
    for value in ("y", "yes", "true", "1", "on"):
        process.environment.setenv(name, value)
        assert process.refused().startswith(f"{name} must be off")
    process.environment.setenv(name, "n")
    assert process.settings.load()


def test_production_refuses_what_was_made_for_development(process: Process) -> None:
    """The very environment of the embedded stack, and one word changed."""
    process.put("environment", "production")
    said = process.refused()
    prefix = process.settings.prefix()
    assert f"{prefix}PUBLIC_URL: must begin with https:// in production" in said
    keys = [name for name in process.fields("key file") if f"{prefix}{name.upper()}" in process.given]
    assert all(f"{prefix}{name.upper()}: " in said for name in keys)
    assert said.count("was made for development; production needs keys of its own") == len(keys)


OUTSIDE = [
    ("identity", "sms_url"),
    *(("identity", f"oidc_{name}_url") for name in ("authorize", "token", "jwks", "userinfo")),
    ("lre-gateway", "ar24_url"),
    ("lre-gateway", "ar24_unconfirmed"),
    ("journal", "log_origin"),
]


@pytest.mark.parametrize(("name", "field"), OUTSIDE)
def test_production_refuses_a_sandbox(name: str, field: str, plan: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(name, plan, monkeypatch)
    process.put("environment", "production")
    assert f"{process.settings.prefix()}{field.upper()}: " in process.refused()


def test_production_refuses_the_providers_own_sandbox(plan: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process("lre-gateway", plan, monkeypatch)
    process.put("environment", "production")
    process.environment.delenv("LRE_GATEWAY_AR24_URL")
    assert "LRE_GATEWAY_AR24_URL: names this machine or a sandbox" in process.refused()
    process.put("ar24_url", "https://app.ar24.fr/api")
    assert "AR24_URL" not in process.refused()


def test_production_refuses_passwords_that_are_kept_weakly(plan: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process("identity", plan, monkeypatch)
    process.put("environment", "production")
    process.put("argon2_memory_kib", "64")
    assert "IDENTITY_ARGON2_MEMORY_KIB: must be at least 19456 in production" in process.refused()


@pytest.fixture
def as_files(process: Process, tmp_path: Path) -> Iterator[Path]:
    """Return the folder in which every setting of a process is a file."""
    folder = tmp_path / "settings"
    folder.mkdir()
    for variable, value in process.given.items():
        (folder / variable).write_text(value)
        (folder / variable).chmod(0o400)
        process.environment.delenv(variable)
    process.environment.setenv("SCELLE_SETTINGS_DIR", str(folder))
    yield folder
    process.environment.undo()


def test_settings_that_are_files_are_held_to_the_same(process: Process, as_files: Path) -> None:
    assert process.settings.load().environment == "development"
    variable = f"{process.settings.prefix()}DATABASE_URL"
    (as_files / variable).chmod(0o444)
    assert "can be read or changed by everyone" in process.refused()
    (as_files / variable).chmod(0o600)
    (as_files / variable).write_text("mysql://x/y")
    assert process.refused().startswith(f"{variable}: is not an address")
    (as_files / variable).unlink()
    assert process.refused() == f"{variable}: Field required"


def service(name: str) -> Service[Any]:
    main = import_module(f"{module(name)}.__main__")
    found: Service[Any] = main.SERVICE
    return found


def verbs(name: str) -> list[str]:
    made, own = service(name), OWN_VERBS.get(name, [])
    own = own + (["rebuild"] if made.rebuild else []) + (["compare"] if made.compare else [])
    return [*VERBS, *own, *(["parked list", "parked replay"] if made.parked else [])]


def test_every_verb_ends_with_one_line_and_the_status_of_bad_configuration(
    process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    process.put("http_port", HIDDEN)
    for verb in verbs(process.name):
        process.environment.setattr(sys, "argv", [process.name, *verb.split()])
        with pytest.raises(SystemExit) as ended:
            sys.exit(import_module(f"{module(process.name)}.__main__").main())
        told, said = capsys.readouterr()
        assert (ended.value.code, told) == (EX_CONFIG, ""), verb
        prefix = process.settings.prefix()
        assert said.startswith(f"{process.name}: {prefix}HTTP_PORT: Input should be a valid integer"), verb
        assert said.count("\n") == 1
        assert HIDDEN not in said


@pytest.mark.parametrize("name", ["messaging", "journal"])
def test_a_process_that_is_started_with_bad_settings_says_one_line(
    name: str, plan: Blueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a library might print at the start of a real process would be beside the line."""
    Process(name, plan, monkeypatch).environment.setenv("SCELLE_CRASHPOINT", "nowhere")
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", module(name), "migrate"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (EX_CONFIG, "")
    said = f"{name}: SCELLE_CRASHPOINT is not written as <place>.<name> or <place>.<name>:<pass>\n"
    assert done.stderr.endswith(said)
    assert "Traceback" not in done.stderr
