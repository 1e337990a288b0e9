"""The address that reports on one e-mail come back to (variable envelope return path): opaque, so nothing personal."""

import re
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """`address` is the operator's, such as bounces@scelle.example; each e-mail gets bounces+<id>@scelle.example."""

    address: str

    def of(self, mail_id: UUID) -> str:
        """Return the address for the reports on one e-mail."""
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{mail_id.hex}@{domain}"

    def mail_id(self, recipient: str) -> UUID | None:
        """Return the id in an address that `of` made, None for any other."""
        local, _, domain = self.address.rpartition("@")
        found = re.fullmatch(
            rf"{re.escape(local)}\+([0-9a-f]{{32}})@{re.escape(domain)}", recipient.strip(" <>"), re.IGNORECASE
        )
        return UUID(found[1]) if found else None
