"""OpenBao as compose.yaml starts it, and what `launcher.compose keys` makes there, on the real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from launcher.compose import openbao, places, preparing
from launcher.errors import StackError
from launcher.keys import Secrets
from launcher.ports import LOOPBACK, free_ports
from launcher.processes import start
from testkit.openbao import program

PLAIN = {"plaintext": "aGVsbG8=", "context": "eA=="}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Return the secrets of a platform whose server has its folder and its configuration."""
    folder = tmp_path_factory.mktemp("openbao")
    made = preparing.secrets_of(folder)
    openbao.write(folder, made)
    return made


@contextmanager
def served(secrets: Secrets) -> Iterator[str]:
    """Run the server with the configuration of its container, but for the places where it is; return its address."""
    folder = secrets.folder.parent
    port, cluster = free_ports(2)
    text = (folder / "openbao" / "openbao.hcl").read_text()
    for there, here in {
        "/openbao/file": str(folder / "data"),
        f"0.0.0.0:{places.OPENBAO_PORT}": f"{LOOPBACK}:{port}",
        f"openbao:{places.OPENBAO_PORT}": f"{LOOPBACK}:{port}",
        "openbao:8201": f"{LOOPBACK}:{cluster}",
        str(places.MOUNTED): str(folder / "openbao"),
    }.items():
        assert there in text
        text = text.replace(there, here)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "here.hcl").write_text(text)
    running = start("openbao", [program(), "server", f"-config={folder / 'here.hcl'}"], folder / "log", tied=True)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        running.stop()


def test_a_service_uses_its_own_key_and_nothing_else_also_after_a_restart(secrets: Secrets) -> None:
    with served(secrets) as url:
        openbao.furnish(secrets, url)
        with _as_vault(secrets, url) as vault:
            wrapped = vault.post("/transit/encrypt/scelle-vault", json=PLAIN).json()["data"]["ciphertext"]
    with served(secrets) as url:
        openbao.furnish(secrets, url)  # again, as at each start
        with _as_vault(secrets, url) as vault:
            asked = {"ciphertext": wrapped, "context": PLAIN["context"]}
            answer = vault.post("/transit/decrypt/scelle-vault", json=asked).json()
            assert answer["data"]["plaintext"] == PLAIN["plaintext"]
            assert vault.post("/transit/rewrap/scelle-vault", json=asked).status_code == 200
            assert vault.get("/transit/keys/scelle-vault").status_code == 200
            assert vault.post("/transit/encrypt/scelle-identity", json=PLAIN).status_code == 403
            assert vault.delete("/transit/keys/scelle-vault").status_code == 403
            assert vault.post("/transit/keys/scelle-vault/rotate").status_code == 403
            assert vault.get("/sys/mounts").status_code == 403


def test_a_server_that_another_platform_made_is_refused(secrets: Secrets, tmp_path: Path) -> None:
    with served(secrets) as url:
        openbao.furnish(secrets, url)
        with pytest.raises(StackError, match="another platform"):
            openbao.furnish(preparing.secrets_of(tmp_path), url)


def _as_vault(secrets: Secrets, url: str) -> httpx.Client:
    token = openbao.token_file(secrets, "vault").read_text()
    return httpx.Client(base_url=f"{url}/v1", headers={"X-Vault-Token": token}, timeout=60, trust_env=False)
