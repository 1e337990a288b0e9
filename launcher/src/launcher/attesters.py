"""Who attests what the journal signs: three witnesses and a time-stamping authority, here all on one machine.

In production the authority, and at least one witness of the quorum, belong to somebody else than the operator.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proof.cosignature import Cosigner, Quorum
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

    `listen` is the address on which the witnesses listen.
    """

    folder: Path
    secrets: Secrets
    port: Callable[[str], int]
    origin: str
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

    def journal_settings(self, address: Callable[[str], str], chain: str) -> dict[str, object]:
        """Return what the journal is told of them, without the prefix of its variables.

        `address` gives host:port at which it reaches each of them, `chain` is where it sees the authority's chain.
        """
        witnesses = [{"url": f"http://{address(name)}", "vkey": self._cosigner(name).vkey} for name in WITNESSES]
        authority = {"url": f"http://{address('tsa')}/", "chain_file": chain, "policies": [TSA_POLICY]}
        return {
            "WITNESSES": json.dumps(witnesses),
            "WITNESS_QUORUM": QUORUM,
            "AUTHORITIES": json.dumps([authority]),
            "WORM_DAYS": WORM_DAYS,
        }

    def urls(self) -> dict[str, str]:
        """Return the address of each witness on this machine."""
        return {name: f"http://{LOOPBACK}:{self.port(name)}" for name in WITNESSES}

    def policy(self) -> Policy:
        """Return whom a verifier may trust; the authority has started."""
        quorum = Quorum(QUORUM, tuple(self._cosigner(name) for name in WITNESSES))
        authority = Authority.parse((self.tsa_folder / "chain.pem").read_bytes(), [TSA_POLICY])
        return Policy(self.origin, tuple(map(LogKey, self._log_keys(former=True))), quorum, (authority,))

    def _log_keys(self, *, former: bool) -> tuple[Key | Cosigner, ...]:
        return self.secrets.log_keys(self.origin, former=former)

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
        log = {"origin": self.origin, "vkeys": [key.vkey for key in self._log_keys(former=False)]}
        lines = [f"{field} = {json.dumps(value)}" for field, value in own.items()]
        lines += ["", "[[logs]]", *(f"{field} = {json.dumps(value)}" for field, value in log.items())]
        write_private(self._config_file(name), "\n".join(lines) + "\n")
