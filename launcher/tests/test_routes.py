"""The gateway sends requests where the route table says, and believes nobody's word about who is calling."""

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from launcher.components.caddy import Caddy
from launcher.parts import running
from launcher.ports import LOOPBACK, free_ports
from launcher.routes import caddyfile, route_table


class Echo(BaseHTTPRequestHandler):
    """Answers every request with what arrived."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("gateway")
    port, dead = free_ports(2)
    with ThreadingHTTPServer((LOOPBACK, 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        echo = int(server.server_address[1])
        services = {"identity": echo, "vault": dead, "portal": echo}
        with running(Caddy(folder, port, services, folder / "log", tied=True)):
            yield port
        server.shutdown()


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body)


@pytest.mark.parametrize(
    "path", ["/api/identity/v1/me", "/api/identity/v1", "/.well-known/jwks.json", "/", "/connexion", "/apis", "/livezz"]
)
def test_a_path_reaches_its_service_unchanged(gateway: int, path: str) -> None:
    status, seen = get(gateway, path)
    assert (status, seen["path"]) == (200, path)


@pytest.mark.parametrize(
    "path",
    ["/internal/events", "/internal", "/livez", "/readyz", "/api/identity/v10", "/api/identity/v1/../../../internal/x"],
)
def test_what_is_closed_is_not_found(gateway: int, path: str) -> None:
    status, problem = get(gateway, path)
    assert (status, problem["code"]) == (404, "not-found")


def test_a_service_that_is_down_is_unavailable_for_the_moment(gateway: int) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, gateway, timeout=30)
    connection.request("GET", "/api/vault/v1/documents")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    connection.close()


def test_identity_headers_never_reach_a_service(gateway: int) -> None:
    names = (
        "X-User X-User-Id X-Forwarded-User X-Remote-User Remote-User X-Real-IP Forwarded X-Office-Id X-Role Tracestate"
    )
    forged = dict.fromkeys(names.split(), "notaire")
    _, seen = get(gateway, "/api/identity/v1/me", forged | {"Authorization": "Bearer t", "X-Forwarded-For": "10.0.0.1"})
    headers = seen["headers"]
    assert isinstance(headers, dict)
    assert headers["authorization"] == "Bearer t"
    assert headers["x-forwarded-for"] == LOOPBACK
    assert not {name.lower() for name in forged} & set(headers)


def test_the_configuration_that_was_used_has_no_admin_address(gateway: int, tmp_path: Path) -> None:
    caddy = Caddy(tmp_path, gateway, {}, tmp_path / "log")
    assert "admin off" in caddy.configuration()


def test_a_service_of_another_machine_is_named_with_its_host() -> None:
    text = caddyfile(route_table(), 8080, {"identity": "identity:8080", "vault": 9000}, bind="::")
    assert "reverse_proxy identity:8080 {\n" in text
    assert f"reverse_proxy {LOOPBACK}:9000 {{\n" in text
    assert "\tbind ::\n" in text
