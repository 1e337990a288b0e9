"""Lists of letters: by number, or all those of a sender to find one by our reference.

No filter and no promise about paging is confirmed, so nothing but an empty page ends a search.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lre_gateway.adapters.ar24 import routes
from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.application.provider import ContractBreach, OutcomeUnknown

BY_NUMBER = 50
PAGE = 100
MAX_PAGES = 200


def by_number(client: Ar24Client, refs: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield those of the letters that the provider shows; it may repeat or add some, which are left out."""
    wanted = list(dict.fromkeys(refs))
    for first in range(0, len(wanted), BY_NUMBER):
        asked = wanted[first : first + BY_NUMBER]
        remaining = set(asked)
        for letter in _letters(client.get(routes.LETTERS, {f"mail[{n}]": ref for n, ref in enumerate(asked)})):
            number = str(letter.get("id"))
            if number in remaining:
                remaining.remove(number)
                yield letter


def by_reference(client: Ar24Client, sender: str, reference: str) -> dict[str, Any] | None:
    """Return the sender's letter with our reference; none if the whole list does not hold it.

    Raises:
        OutcomeUnknown: the list did not end, so that absence is not proved.
        ContractBreach: the second page is the first one again, so neither is it then.

    """
    start, first_page = 0, None
    for _ in range(MAX_PAGES):
        fields = {"id_user": sender, "max": PAGE, "start": start, "sort": "DESC"}
        page = _letters(client.get(routes.LETTERS, fields))
        if not page:
            return None
        if page == first_page:
            raise ContractBreach("the list of letters has no pages")
        first_page = first_page or page
        for letter in page:
            if str(letter.get("ref_client") or "") == reference:
                return letter
        start += len(page)
    raise OutcomeUnknown("the list of letters is too long to search")


def _letters(result: object) -> list[dict[str, Any]]:
    """Take the list, bare or under one of the names it was seen with."""
    if isinstance(result, dict):
        result = next((result[name] for name in ("mails", "mail") if name in result), result)
    if result is None:
        return []
    if not isinstance(result, list) or not all(isinstance(letter, dict) for letter in result):
        raise ContractBreach("a list of letters was expected")
    return result
