"""What an answer is wrapped in: clear or encrypted JSON with a status, and a result or a slug."""

import json
from typing import Any

from lre_gateway.adapters.ar24 import crypto
from lre_gateway.adapters.ar24.errors import refusal
from lre_gateway.application.provider import ContractBreach, ProviderMaintenance


def result_of(body: bytes, private_key: str, date: str) -> Any:
    """Return the result in the answer to the call that was made with `date`.

    Errors come in clear, results encrypted; accounts of the provider's first years get everything in clear.

    Raises:
        ProviderMaintenance: the provider did nothing.
        ProviderError: what the slug stands for.
        ContractBreach: the answer cannot be read or is not wrapped as known.

    """
    envelope = _clear(body)
    if envelope is None:
        try:
            envelope = _clear(crypto.decrypted(private_key, date, body))
        except crypto.Unreadable:
            raise ContractBreach("the answer is neither clear nor encrypted for this call") from None
    if envelope is None:
        raise ContractBreach("the decrypted answer is not an envelope")
    status = str(envelope.get("status", "")).casefold()
    if status == "success":
        return envelope.get("result")
    if status == "error":
        raise refusal(str(envelope.get("slug", "")))
    if status == "maintenance":
        raise ProviderMaintenance("maintenance")
    raise ContractBreach("the answer has an unknown status")


def _clear(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
