"""Files of letters brought to the provider: once for all letters of an account, where the provider allows it."""

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from uuid import UUID

from lre_gateway.application.ports import Vault
from lre_gateway.application.provider import DocRef, Provider
from lre_gateway.domain.letter import Letter

MOST_KNOWN = 20_000
"""Uploaded files remembered; each is two short texts."""


class Uploading:
    """Remembers what was uploaded. Safe to share between threads."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[tuple[str, str, str], DocRef] = {}
        self._locks: dict[tuple[str, str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def documents(self, provider: Provider, account: str, letter: Letter, by: UUID) -> tuple[DocRef, ...]:
        """Return the provider's references of a letter's files; raise ProviderErrors, and refusals of the vault.

        Twins wait for each other, so that a file that a hundred letters share is uploaded once.
        """
        return tuple(self._references(provider, account, letter, by))

    def forget(self, provider: Provider, account: str, letter: Letter) -> None:
        """Forget a letter's uploads, because the provider knows one of them no longer."""
        with self._lock:
            for document in letter.documents:
                self._known.pop((provider.name, account, document.sha256), None)

    def _references(self, provider: Provider, account: str, letter: Letter, by: UUID) -> Iterable[DocRef]:
        reused = provider.capabilities().reuse_documents
        names = letter.names or [str(document.version_id) for document in letter.documents]
        for document, name in zip(letter.documents, names, strict=True):
            key = (provider.name, account, document.sha256)
            with ExitStack() as held:
                if reused:
                    held.enter_context(self._of(key))
                    if key in self._known:
                        yield self._known[key]
                        continue
                content = self._vault.read(letter.office_id, document.version_id, by)
                reference = provider.upload(account, name, document.media_type, content)
                if reused:
                    self._remember(key, reference)
                yield reference

    def _of(self, key: tuple[str, str, str]) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def _remember(self, key: tuple[str, str, str], reference: DocRef) -> None:
        with self._lock:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
                self._locks.clear()
            self._known[key] = reference
