"""compose.yaml starts what the code holds, with settings that the code accepts."""

import json
import re
import shutil
import stat
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.process import Service, _parser
from identity.__main__ import main as identity
from launcher.__main__ import parser as scelle
from launcher.attesters import TSA_POLICY, WITNESSES
from launcher.components.seaweedfs import SeaweedFS
from launcher.compose import __main__ as compose
from launcher.compose import places, preparing, simulators
from launcher.routes import route_table
from launcher.seeds import OFFICES
from launcher.simulator_settings import SIMULATORS
from launcher.witness.config import Config

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())
OURS = {name: one for name, one in CONTAINERS.items() if "build" in one}
DONE, HEALTHY = {"condition": "service_completed_successfully"}, {"condition": "service_healthy"}


def service(name: str) -> Service[Any]:
    found: Service[Any] = import_module(f"{name.replace('-', '_')}.__main__").SERVICE
    return found


def on_the_bus(name: str) -> bool:
    return "nats_url" in service(name).settings.model_fields


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `prepare` makes, for services that see their folders where they are."""
    folder = tmp_path_factory.mktemp("compose")
    preparing.prepare(folder, lambda name: folder / name)
    return folder


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_migrated_then_serves_and_works(name: str) -> None:
    suffixes = ["-migrate", "", *(["-work"] if on_the_bus(name) else [])]
    assert {one for one in CONTAINERS if re.fullmatch(f"{name}(-migrate|-work)?", one)} == {
        f"{name}{suffix}" for suffix in suffixes
    }
    migrated = {f"{name}-migrate": DONE}
    after = {"-migrate": {"databases": DONE, "keys": DONE}, "": migrated, "-work": migrated | {"nats": HEALTHY}}
    verbs = {"-migrate": "migrate", "": "serve", "-work": "work"}
    for suffix in suffixes:
        one = CONTAINERS[f"{name}{suffix}"]
        assert (one["command"], one["depends_on"]) == ([verbs[suffix]], after[suffix])
        assert one["build"] == {"context": ".", "args": {"SERVICE": name}}
        assert one["volumes"] == [f"{name}:{places.MOUNTED}:ro"]
        assert one["environment"] == {"SCELLE_SETTINGS_DIR": f"{places.MOUNTED}/settings"}
        _parser(service(name)).parse_args(one["command"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_accepts_the_settings_that_are_prepared(
    name: str, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCELLE_SETTINGS_DIR", str(prepared / name / "settings"))
    settings = service(name).settings.load()
    assert (settings.http_host, settings.http_port) == ("0.0.0.0", places.PORT)  # noqa: S104 - the container's own
    assert set(service(name).peers) <= set(settings.peers) <= {*SERVICES}
    assert all(address == f"http://{peer}:{places.PORT}" for peer, address in settings.peers.items())


def test_nothing_prepared_for_ours_can_be_read_by_others_and_servers_get_one_file_each(prepared: Path) -> None:
    theirs = {"postgres/password", "nats/nats.conf", "s3/keys.json", "gateway/Caddyfile"}
    theirs |= {"openbao/openbao.hcl", "openbao/unseal.key"}
    certificates = {"tsa/chain.pem", "ar24/seal/chain.pem"}
    found = {
        str(path.relative_to(prepared))
        for path in prepared.rglob("*")
        if path.is_file() and path.stat().st_mode & stat.S_IROTH
    }
    assert found == theirs | certificates


def test_preparing_again_changes_no_file_but_removes_a_setting_that_is_no_more(tmp_path: Path) -> None:
    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    preparing.prepare(tmp_path)
    before = content()
    (tmp_path / "vault" / "settings" / "VAULT_OF_LAST_YEAR").write_text("")
    preparing.prepare(tmp_path)
    assert content() == before


def test_the_gateway_has_the_routes_of_the_table(prepared: Path) -> None:
    text = (prepared / "gateway" / "Caddyfile").read_text()
    found = re.findall(r"@route\d+ path (\S+) \S+\n\thandle @route\d+ \{\n\t\treverse_proxy (\S+) {\n", text)
    *others, everything = route_table().routes
    assert found == [(route.prefix, f"{route.service}:{places.PORT}") for route in others]
    assert text.rpartition("\thandle {\n")[2].startswith(f"\t\treverse_proxy {everything.service}:{places.PORT} {{\n")
    assert set(CONTAINERS["gateway"]["depends_on"]) == {route.service for route in route_table().routes}


def test_every_image_of_others_has_a_version() -> None:
    for name, one in CONTAINERS.items():
        if name not in OURS:
            assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+[a-z0-9.-]*", one["image"]), name


def test_no_container_may_do_what_it_need_not() -> None:
    for name, one in CONTAINERS.items():
        assert one["read_only"], name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "gateway" else []), name
    for name, one in OURS.items():
        assert (one["user"], one["tmpfs"]) == ("65532:65532", ["/tmp"]), name  # noqa: S108 - the container's own


def test_only_this_machine_reaches_what_is_published() -> None:
    ports = [port for one in CONTAINERS.values() for port in one.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_each_container_sees_its_own_folder_and_no_other() -> None:
    for name, one in CONTAINERS.items():
        volumes = {volume.split(":")[0] for volume in one.get("volumes", []) if not volume.startswith("./")}
        own = {name, f"{name}-data"}
        own |= {re.sub("-(migrate|work)$", "", name), "identity" if name == "offices" else name}
        own |= {"witnesses"} if name in WITNESSES else set()
        own |= {"secrets"} if name in {"databases", "keys"} else set()
        own |= {"signatures"} if name == "clamav" else set()
        if name != "prepare":
            assert volumes <= own, name
    assert {volume for one in CONTAINERS.values() for volume in _named(one)} == set(COMPOSE["volumes"])


def test_what_is_prepared_has_a_volume_of_nobody_s_account(prepared: Path) -> None:
    made = {path.name for path in prepared.iterdir()}
    recipe = re.search(
        r"for name in ([a-z0-9\s\\-]+); do mkdir -p /volumes/prepared/", (ROOT / "Dockerfile").read_text()
    )
    assert recipe is not None
    assert set(recipe[1].replace("\\", "").split()) == made
    assert CONTAINERS["prepare"]["volumes"] == [f"{name}:/prepared/{name}" for name in _named(CONTAINERS["prepare"])]
    assert set(_named(CONTAINERS["prepare"])) == made


def test_every_command_of_the_tools_is_one() -> None:
    parsers = {"launcher": scelle(), "launcher.compose": compose.parser()}
    tools = [one for one in OURS.values() if one["build"].get("target") == "tools"]
    assert len(tools) == len(SIMULATORS) + len(WITNESSES) + 3
    for one in tools:
        module, *words = one["command"]
        parsers[module].parse_args(words)


def test_the_offices_are_those_of_the_embedded_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for number, name in OFFICES for word in ("--crpcen", number, "--name", name)]
    assert CONTAINERS["offices"]["command"] == ["register-office", *words]
    monkeypatch.setattr(sys, "argv", ["identity", "register-office", *words, "--help"])
    with pytest.raises(SystemExit, match="0"):
        identity()
    assert "--crpcen" in capsys.readouterr().out


def test_witnesses_and_authority_are_where_the_journal_looks(prepared: Path) -> None:
    settings = prepared / "journal" / "settings"
    witnesses = json.loads((settings / "JOURNAL_WITNESSES").read_text())
    assert [one["url"] for one in witnesses] == [f"http://{name}:{places.PORT}" for name in WITNESSES]
    for name in WITNESSES:
        assert CONTAINERS[name]["command"][-1] == f"{places.MOUNTED}/{name}.toml"
        assert Config.load(prepared / "witnesses" / f"{name}.toml").listen == f"0.0.0.0:{places.PORT}"
    (authority,) = json.loads((settings / "JOURNAL_AUTHORITIES").read_text())
    assert (authority["url"], authority["policies"]) == (f"http://tsa:{places.SIMULATED_PORT}/", [TSA_POLICY])
    assert Path(authority["chain_file"]).read_bytes() == (prepared / "tsa" / "chain.pem").read_bytes()
    assert len(preparing.attesters_of(prepared).policy().witnesses()) == len(WITNESSES)


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_simulator_is_told_where_the_others_look_for_it(name: str, prepared: Path) -> None:
    variables = simulators.variables_of(prepared / name / "settings")
    assert variables["SANDBOX_ADMIN_PORT"] == str(places.PORT)
    assert variables["SANDBOX_HOST"] == "0.0.0.0"  # noqa: S104 - the container's own network
    port = "SMTP_PORT" if name == "mail" else "PORT"
    assert variables[f"SANDBOX_{port}"] == str(places.SMTP_PORT if name == "mail" else places.SIMULATED_PORT)
    source = (ROOT / "sandbox" / "src" / "sandbox" / name / "__main__.py").read_text()
    known = set(re.findall(r'setting\("([A-Z_]+)"', source)) | {"ACCOUNTS_FILE"}
    assert {variable.removeprefix("SANDBOX_") for variable in variables} <= known


def test_the_fixed_addresses_are_those_that_services_are_told() -> None:
    fixed = {name: one["networks"]["default"]["ipv4_address"] for name, one in CONTAINERS.items() if "networks" in one}
    assert fixed == {
        "gateway": places.GATEWAY_ADDRESS,
        "ar24": places.AR24_ADDRESS,
        "portal": places.PAGES_ADDRESS,
    }
    assert CONTAINERS["ar24"]["extra_hosts"] == [f"scelle.localhost:{places.GATEWAY_ADDRESS}"]


def test_the_object_store_is_started_as_in_the_embedded_stack(tmp_path: Path) -> None:
    server = SeaweedFS(tmp_path, list(range(8)), tmp_path / "log")
    place = re.compile(r"-(dir|ip|ip\.bind|s3\.config|[a-z0-9]+\.port(\.grpc)?)=")
    embedded = {str(word) for word in server._command()[3:] if not place.match(str(word))}
    assert embedded <= set(CONTAINERS["s3"]["command"])
    assert {word for word in CONTAINERS["s3"]["command"] if not place.match(word)} == embedded


@pytest.mark.parametrize("program", ["docker-compose", "podman-compose"])
def test_compose_programs_read_the_file(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not on this machine")
    command = [program, "--file", str(ROOT / "compose.yaml"), "config"]
    read = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - fixed
    assert read.returncode == 0, read.stderr
    assert set(yaml.safe_load(read.stdout)["services"]) == set(CONTAINERS)


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=lambda path: path.name)
def test_what_monitors_is_configured_in_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict)


def _named(one: dict[str, Any]) -> list[str]:
    return [volume.split(":")[0] for volume in one.get("volumes", []) if not volume.startswith("./")]
