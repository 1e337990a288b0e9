"""OpenBao, the key service: how it is configured, and what makes the key, the policy and the token of each service."""

import base64
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from launcher.compose import places
from launcher.compose.folders import write_readable
from launcher.errors import StackError
from launcher.files import write_private
from launcher.keys import Secrets
from launcher.service_settings import signing

READY_SECONDS = 120.0
PAUSE_SECONDS = 0.5
TOKEN_PERIOD = "768h"  # noqa: S105 - how long a token that nobody renews lives
ROOT_TOKEN = "openbao-root.txt"  # noqa: S105 - the name of a file
CONFIGURATION = """\
ui = false
disable_mlock = true
cluster_addr = "http://openbao:8201"
api_addr = "http://openbao:{port}"
storage "raft" {{
  path = "/openbao/file"
  node_id = "scelle"
}}
listener "tcp" {{
  address = "0.0.0.0:{port}"
  tls_disable = true
}}
# It opens itself with a key that lies beside it, for development; elsewhere people or a machine of theirs hold that.
seal "static" {{
  current_key_id = "compose"
  current_key = "file://{mounted}/unseal.key"
}}
"""
POLICY = """\
path "transit/encrypt/{key}" {{ capabilities = ["update"] }}
path "transit/decrypt/{key}" {{ capabilities = ["update"] }}
path "transit/rewrap/{key}" {{ capabilities = ["update"] }}
path "transit/keys/{key}" {{ capabilities = ["read"] }}
"""


def write(folder: Path, secrets: Secrets) -> None:
    """Write what the server reads."""
    text = CONFIGURATION.format(port=places.OPENBAO_PORT, mounted=places.MOUNTED)
    write_readable(folder / "openbao" / "openbao.hcl", text)
    unseal = base64.b64decode(secrets.random_key("openbao-unseal").read_bytes())
    write_readable(folder / "openbao" / "unseal.key", unseal)


def token_file(secrets: Secrets, service: str) -> Path:
    """Return the file of the token that a service signs in with; its server is told of it by `furnish`."""
    return secrets.word_file(f"{service}-openbao")


def furnish(secrets: Secrets, url: str = f"http://openbao:{places.OPENBAO_PORT}") -> None:
    """Make what is missing on a server that may be new; raises StackError if it does not answer for too long."""
    with httpx.Client(base_url=url, timeout=READY_SECONDS, trust_env=False) as http:
        server = Server(http, secrets)
        server.initialise()
        server.mount()
        for name in signing(places.SERVICES):
            server.allow(name)


@dataclass
class Server:
    """One OpenBao, asked by whoever made it."""

    http: httpx.Client
    secrets: Secrets

    def initialise(self) -> None:
        """Wait until the server answers, and make it if it is new; its root token stays among the secrets."""
        root, until = self.secrets.folder / ROOT_TOKEN, time.monotonic() + READY_SECONDS
        while (state := self._state()) is None or (state["initialized"] and state["sealed"]):
            if time.monotonic() > until:
                raise StackError(f"OpenBao does not answer, or stays sealed, since {READY_SECONDS:.0f} s")
            time.sleep(PAUSE_SECONDS)
        if not state["initialized"]:
            made = self.http.put("/v1/sys/init", json={"recovery_shares": 1, "recovery_threshold": 1})
            write_private(root, str(_answer(made)["root_token"]))
            self.initialise()
        elif not root.exists():
            raise StackError("OpenBao was made by another platform; forget its volume or bring back its secrets")
        self.http.headers["X-Vault-Token"] = root.read_text()

    def mount(self) -> None:
        """Have the engine that wraps keys."""
        if "transit/" not in _answer(self.http.get("/v1/sys/mounts"))["data"]:
            _answer(self.http.post("/v1/sys/mounts/transit", json={"type": "transit"}))

    def allow(self, service: str) -> None:
        """Have the key of a service, and let its token use that one and nothing else."""
        key = f"scelle-{service}"
        _answer(self.http.post(f"/v1/transit/keys/{key}", json={"type": "aes256-gcm96", "derived": True}))
        _answer(self.http.put(f"/v1/sys/policies/acl/{key}", json={"policy": POLICY.format(key=key)}))
        token = token_file(self.secrets, service).read_text()
        found = self.http.post("/v1/auth/token/lookup", json={"token": token})
        if found.status_code != HTTPStatus.OK:
            wanted = {"id": token, "policies": [key], "period": TOKEN_PERIOD, "no_parent": True}
            _answer(self.http.post("/v1/auth/token/create", json=wanted))

    def _state(self) -> dict[str, Any] | None:
        try:
            answer = self.http.get("/v1/sys/health", params={"uninitcode": 200, "sealedcode": 200, "standbycode": 503})
        except httpx.TransportError:
            return None
        found: dict[str, Any] | None = answer.json() if answer.status_code == HTTPStatus.OK else None
        return found


def _answer(response: httpx.Response) -> dict[str, Any]:
    """Return what was answered; raise StackError, without what was asked, if it is a refusal."""
    if not response.is_success:
        raise StackError(f"OpenBao: {response.request.url.path} is {response.status_code} {response.text[:200]}")
    found: dict[str, Any] = response.json() if response.content else {}
    return found
