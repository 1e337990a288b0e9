"""Who attests what the journal signs: three witnesses and a time-stamping authority, here all on one machine.

In production the authority, and at least one witness of the quorum, belong to somebody else than the operator.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proof.cosignature import MLDSA44, Cosigner, Quorum
from proof.note import Key
from proof.policy import LogKey, Policy
from proof.timestamp import Authority

from launcher.components.caddy import answers
from launcher.files import write_private
from launcher.keys import Secrets
from launcher.parts import Module
from launcher.ports import LOOPBACK
from launcher.witness import keys
from launcher.witness.config import Config

WITNESSES = ("witness-1", "witness-2", "witness-3")
QUORUM = 2
TSA_POLICY = "2.999.3161.1"  # what the sandbox issues tokens under
WORM_DAYS = 1  # nobody wants the objects of a development stack for ten years


@dataclass
class Witnesses(Module):
    """One process with an address for each witness: three processes would cost the start a second."""

    ports: tuple[int, ...] = ()

    def ready(self) -> bool:
        """Tell whether all of them answer."""
        return all(answers(port, self.path) for port in self.ports)


@dataclass(frozen=True, slots=True)
class Attesters:
    """The witnesses and the authority of one data folder, for the log `origin`; `port` gives each name its port.

    `host` gives the name or address at which the others reach each of them, `listen` is where they listen.
    """

    folder: Path
    secrets: Secrets
    port: Callable[[str], int]
    origin: str
    host: Callable[[str], str] = lambda _name: LOOPBACK
    listen: str = LOOPBACK

    def prepare(self) -> None:
        """Make the keys and write down each witness."""
        for name in WITNESSES:
            self._write_config(name)
            keys.make_missing(self._config(name))

    @property
    def tsa_folder(self) -> Path:
        """Return where the authority keeps its key, and its chain once it has started."""
        return self.folder / "tsa"

    def witnesses(self) -> Witnesses:
        """Return the process of all witnesses."""
        words = ["launcher", "witness", "serve"]
        for name in WITNESSES:
            words += ["--config", str(self._config_file(name))]
        ports = tuple(self.port(name) for name in WITNESSES)
        log = self.folder / "logs" / "witnesses.log"
        return Witnesses("witnesses", tuple(words), {}, ports[0], "/livez", log, self.folder, ports=ports)

    def journal_settings(self) -> dict[str, object]:
        """Return what the journal is told of them, without the prefix of its variables."""
        witnesses = [{"url": url, "vkey": self._cosigner(name).vkey} for name, url in self.urls().items()]
        authority = {
            "url": f"http://{self.host('tsa')}:{self.port('tsa')}/",
            "chain_file": str(self.tsa_folder / "chain.pem"),
            "policies": [TSA_POLICY],
        }
        return {
            "LOG_MLDSA_KEY_FILE": self.secrets.mldsa_key("log"),
            "WITNESSES": json.dumps(witnesses),
            "WITNESS_QUORUM": QUORUM,
            "AUTHORITIES": json.dumps([authority]),
            "WORM_DAYS": WORM_DAYS,
        }

    def urls(self) -> dict[str, str]:
        """Return the address of each witness."""
        return {name: f"http://{self.host(name)}:{self.port(name)}" for name in WITNESSES}

    def policy(self) -> Policy:
        """Return whom a verifier may trust; the authority has started."""
        quorum = Quorum(QUORUM, tuple(self._cosigner(name) for name in WITNESSES))
        authority = Authority.parse((self.tsa_folder / "chain.pem").read_bytes(), [TSA_POLICY])
        return Policy(self.origin, tuple(LogKey(key) for key in self._log_keys()), quorum, (authority,))

    def _log_keys(self) -> tuple[Key, Cosigner]:
        return (
            Key(self.origin, self.secrets.public_key("log")),
            Cosigner(self.origin, MLDSA44, self.secrets.mldsa_public_key("log")),
        )

    def _cosigner(self, name: str) -> Cosigner:
        config = self._config(name)
        return Cosigner.of(config.name, keys.read(config)[0])

    def _config(self, name: str) -> Config:
        return Config.load(self._config_file(name))

    def _config_file(self, name: str) -> Path:
        return self.folder / "witnesses" / f"{name}.toml"

    def _write_config(self, name: str) -> None:
        """Write the file of a witness that follows the log; JSON's texts and lists are TOML's too."""
        own = {
            "name": f"{name}.scelle.localhost/dev",
            "key_file": f"{name}.pem",
            "listen": f"{self.listen}:{self.port(name)}",
            "database": f"{name}.db",
        }
        log = {"origin": self.origin, "vkeys": [key.vkey for key in self._log_keys()]}
        lines = [f"{field} = {json.dumps(value)}" for field, value in own.items()]
        lines += ["", "[[logs]]", *(f"{field} = {json.dumps(value)}" for field, value in log.items())]
        write_private(self._config_file(name), "\n".join(lines) + "\n")
