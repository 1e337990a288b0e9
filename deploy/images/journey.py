"""Play the reference journey on the images: every service in containers, its servers and simulators beside them.

`python deploy/images/journey.py`: `migrate`, then `serve`, then `work` of each service run from its image as on a
cluster, as nobody, on a root that cannot be written, without capabilities and with no program on their path but their
own. PostgreSQL, NATS, the object store, the gateway, simulators and witnesses are those of the embedded stack. What was
started is stopped and what was written removed, also when it fails; the images stay.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.abc import Traversable
from pathlib import Path
from subprocess import DEVNULL, STDOUT, run
from urllib.parse import urljoin

import httpx
import psutil  # type: ignore[import-untyped]  # psutil ships no types
from containers import BUILD, NOBODY, call, check_tools, run_options, say, storage
from launcher.blueprint import Embedded
from launcher.commands import started
from launcher.compose.folders import Folder
from launcher.demo import demo
from launcher.errors import StackError
from launcher.parts import STOP_SECONDS, Module
from launcher.processes import Running, start, tail
from launcher.stack import Stack
from testkit.apart import ApartBlueprint

from launcher import service_settings

MOUNTED = Path("/etc/scelle")
READY_SECONDS = 120.0


@dataclass
class Container(Module):
    """A process of a service, from its image; `folder` holds its settings and keys, and nobody else's."""

    @property
    def image(self) -> str:
        """Return the image of the service."""
        return f"localhost/scelle-{self.words[0].replace('_', '-')}"

    def start(self) -> Running:
        """Start the container and return at once; it ends with its program."""
        command = self._command(self.name, *self.words[1:])
        return start(self.name, command, self.log, patience=STOP_SECONDS)

    def once(self, *verb: str) -> None:
        """Run another verb of the image to its end; raise StackError if it fails."""
        with self.log.open("ab") as output:
            command = self._command(f"{self.name}-{verb[0]}", *verb)
            done = run(command, stdin=DEVNULL, stdout=output, stderr=STDOUT, check=False)  # noqa: S603 - ours
        if done.returncode:
            raise StackError(f"{self.name} {verb[0]} failed with code {done.returncode}; {self.log}\n{tail(self.log)}")

    def _command(self, name: str, *verb: str) -> list[str]:
        own = {"SCELLE_SETTINGS_DIR": str(MOUNTED / "settings"), "SCELLE_HEALTH_PORT": str(self.port)}
        settings = own | dict(self.environment)
        return [
            *storage("podman"),
            *("run", *run_options(f"scelle-{name}"), "--volume", f"{self.folder}:{MOUNTED}:ro"),
            *(word for field, value in settings.items() for word in ("--env", f"{field}={value}")),
            *(self.image, *verb),
        ]


@dataclass(frozen=True, slots=True)
class Mounted(Embedded):
    """The place of a service in a container: on this machine's network, with copies of its own files."""

    folder: Folder = field(kw_only=True)

    def key(self, name: str, source: Path) -> str:
        """Copy a secret into the folder."""
        return self.folder.key(name, source)

    def config(self, name: str, source: Traversable) -> str:
        """Copy what is no secret into the folder."""
        return self.folder.config(name, source)


class Imaged(ApartBlueprint):
    """The embedded stack with services from images, `serve` and `work` of each."""

    def service(self, name: str) -> Container:
        """Return `serve` of a service."""
        here = self.folder / "containers" / name
        settings = Folder(here, MOUNTED)
        settings.settings(service_settings.variables(Mounted(self, name, folder=settings)))
        for path in (here, *here.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        plain = super().service(name)
        return Container(name, plain.words, {}, plain.port, plain.path, plain.log, here, READY_SECONDS)


def main() -> int:
    """Play; return the exit status."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    check_tools()
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="journey-", dir=BUILD))
    folder.chmod(0o711)  # PostgreSQL's account passes through
    Stack.plan = Imaged
    try:
        with started(folder / "data") as (stack, _):
            code = _played(stack)
    except BaseException:
        shutil.copytree(folder / "data" / "logs", BUILD / "logs", dirs_exist_ok=True)
        say(f"what the processes said is in {BUILD / 'logs'}")
        raise
    finally:
        for name in _containers():
            call(*storage("podman"), "rm", "--force", name)
        shutil.rmtree(folder)
    say("the journey passed on the images")
    return code


def _played(stack: Stack) -> int:
    """Play the journey; then ask each container for its health as its image says, and for what it is made of."""
    code = demo(argparse.Namespace(data=stack.state.folder, documents=None, keep=False, json=True))
    parts = [part for part in stack.parts.values() if isinstance(part, Container)]
    for part in parts:
        call(*storage("podman"), "exec", f"scelle-{part.name}", *_health(part.image))
        _bill_of_materials(part)
    say(f"{len(parts)} containers are healthy, and each holds the bill of materials that its label names")
    _first_page(str((stack.state.summary or {})["gateway"]))
    for part in sorted(parts, key=lambda part: part.name):
        say(_measured(part.name))
    return code


def _health(image: str) -> list[str]:
    """Return the command by which an image wants to be asked for its health, without a shell."""
    command = [*storage("podman"), "image", "inspect", "--format", "{{json .HealthCheck.Test}}", image]
    found: list[str] = json.loads(run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - fixed
    if found[0] != "CMD":
        raise StackError(f"{image} asks for its health by a shell")
    return found[1:]


def _bill_of_materials(part: Container) -> None:
    """Read the document that the label of an image names, in the container; it is about this image."""
    label = '{{index .Labels "org.scelle.sbom"}}'
    command = [*storage("podman"), "image", "inspect", "--format", label, part.image]
    path = run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - a fixed command
    printed = "import sys; sys.stdout.write(open(sys.argv[1]).read())"
    command = [*storage("podman"), "exec", f"scelle-{part.name}", "/opt/scelle/bin/python", "-c", printed, path]
    bill = json.loads(run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - a fixed command
    about = bill["metadata"]["component"]["name"]
    if about != part.image.removeprefix("localhost/") or not bill["components"]:
        raise StackError(f"{part.image} holds a bill of materials about {about}, of {len(bill['components'])} parts")


def _first_page(gateway: str) -> None:
    """Open the first page as a browser would, with every style, script and picture that it names."""
    with httpx.Client(base_url=gateway, follow_redirects=True, trust_env=False) as http:
        page = http.get("/", headers={"Accept": "text/html"}).raise_for_status()
        if "<main" not in page.text:
            raise StackError(f"{page.url} is not a page")
        named = sorted(set(re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg|woff2))', page.text)))
        for address in named:
            http.get(urljoin(str(page.url), address)).raise_for_status()
    say(f"the first page answers, and the {len(named)} files that it names")


def _measured(name: str) -> str:
    """Return what the program of a container holds and took, for those who write what a node must have."""
    command = [*storage("podman"), "inspect", "--format", "{{.State.Pid}}", f"scelle-{name}"]
    pid = int(run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - a fixed command
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    held, most = (int(status[field].split()[0]) // 1024 for field in ("VmRSS", "VmHWM"))
    times = psutil.Process(pid).cpu_times()
    return f"{name:20} {held:4} MiB held, {most:4} MiB at most, {times.user + times.system:6.1f} s of processor"


def _containers() -> list[str]:
    """Return the names of containers that are left."""
    command = [*storage("podman"), "ps", "--all", "--filter", "name=^scelle-", "--format", "{{.Names}}"]
    return run(command, check=True, capture_output=True, text=True).stdout.split()  # noqa: S603 - a fixed command


if __name__ == "__main__":
    sys.exit(main())
