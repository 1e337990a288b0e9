"""Two releases of one small service: the events of the first were stored before the second changed their version."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, event
from eventstore import Facts, Personal

_FIRST = """
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID
from eventsourcing.domain import Aggregate, AggregateCreated, event
from eventstore import Facts, FileKeyService, Personal, Projection, Store
from testkit.parcels import Someone

class Letter(Aggregate):
    TOPIC = "dossier.sample-letter"

    class Created(AggregateCreated):
        TOPIC = "dossier.sample-letter-written"
        office_id: UUID
        dossier_id: UUID
        client_id: UUID
        town: str
        note: Annotated[str | None, Personal(of="client_id")]

    @event(Created)
    def __init__(self, office_id, dossier_id, client_id, town, note) -> None:
        self.office_id, self.dossier_id = office_id, dossier_id

service, url, master, office, dossier, client, town, note = sys.argv[1:]
store = Store(
    service, url, projection=Projection(), keys=FileKeyService(Path(master)),
    facts=lambda _event, letter: Facts(office=letter.office_id, dossier=letter.dossier_id),
)
letter = Letter(UUID(office), UUID(dossier), UUID(client), town, note)
store.save(letter, actor=Someone())
store.close()
print(letter.id)
"""


class Letter(Aggregate):
    """A letter, as the second release knows it: `town` became `city` and `country`, `note` became `remark`."""

    TOPIC = "dossier.sample-letter"

    class Created(AggregateCreated):
        """A letter was written."""

        TOPIC = "dossier.sample-letter-written"
        class_version = 2
        office_id: UUID
        dossier_id: UUID
        client_id: UUID
        city: str
        country: str
        remark: Annotated[str | None, Personal(of="client_id")]

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Say the country that was meant, and the new names."""
            state["city"], state["country"] = state.pop("town"), "FR"
            state["remark"] = state.pop("note", None)

    @event(Created)
    def __init__(  # noqa: PLR0913, PLR0917 - the fields of the event
        self, office_id: UUID, dossier_id: UUID, client_id: UUID, city: str, country: str, remark: str | None
    ) -> None:
        self.office_id, self.dossier_id, self.client_id = office_id, dossier_id, client_id
        self.city, self.country, self.remark = city, country, remark


def facts(_event: object, letter: Letter) -> Facts:
    """Tell where a letter belongs."""
    return Facts(office=letter.office_id, dossier=letter.dossier_id)


def written_before(  # noqa: PLR0913 - the fields of the event, and where it is stored
    service: str, url: str, master: Path, *, office: UUID, dossier: UUID, client: UUID, town: str, note: str
) -> UUID:
    """Let a process of the first release write a letter into a store; return its id."""
    words = [service, url, str(master), str(office), str(dossier), str(client), town, note]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _FIRST, *words], capture_output=True, text=True, check=True
    )
    return UUID(done.stdout.strip())
