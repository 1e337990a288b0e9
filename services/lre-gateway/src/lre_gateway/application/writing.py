"""Letters made of a text and attachments: the text becomes pages, and every file is frozen by its digest."""

import mimetypes
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID, uuid5

from chassis.refusal import NotFound

from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Place, Register, Renderer, Vault, VaultFile
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.document import Document, Role
from lre_gateway.domain.duplicates import fingerprint
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.markup import forbidden
from lre_gateway.domain.refusals import UnknownAttachment, UnknownRecipient
from lre_gateway.domain.vocabulary import Level

PDF = "application/pdf"
TEXT_NAME = "courrier.pdf"
AT_ONCE = 4
"""Files handed to the vault at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to write."""

    recipient_id: UUID
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    attachments: tuple[UUID, ...] = ()
    """Versions that the vault holds for the office."""


class Writing:
    """Freezes the files of letters."""

    def __init__(self, *, register: Register, vault: Vault, renderer: Renderer, clock: Clock) -> None:
        self._register = register
        self._vault = vault
        self._renderer = renderer
        self._clock = clock

    def letters(
        self, batch: Batch, ids: Sequence[UUID], new: Sequence[NewLetter], by: UUID, dossier_reference: str
    ) -> list[Letter]:
        """Return the letters of a batch, written; raise UnknownRecipient, UnknownAttachment, or a refusal of a text."""
        known = self._register.recipients({letter.recipient_id for letter in new}, batch.office_id)
        return self.letters_to(batch, ids, new, by, dossier_reference, subjects=known)

    def letters_to(  # noqa: PLR0913, PLR0917 - what letters are made of
        self,
        batch: Batch,
        ids: Sequence[UUID],
        new: Sequence[NewLetter],
        by: UUID,
        dossier_reference: str,
        subjects: Mapping[UUID, UUID],
    ) -> list[Letter]:
        """Do as `letters`, for recipients that may be saved together with them: `subjects` tells who they are."""
        if unknown := {letter.recipient_id for letter in new} - subjects.keys():
            raise UnknownRecipient(unknown=sorted(map(str, unknown)))
        attached = self.attachments(batch, {one for letter in new for one in letter.attachments}, by)
        texts = self._texts(batch, new, subjects)
        return [
            self._letter(
                batch, letter_id, letter, subjects[letter.recipient_id], by, dossier_reference, texts, attached
            )
            for letter_id, letter in zip(ids, new, strict=True)
        ]

    def attachments(self, batch: Batch, version_ids: set[UUID], by: UUID) -> Mapping[UUID, "Frozen"]:
        """Return attachments as they go with letters of a batch; only paper looks at their pages."""
        found = self._vault.described(batch.office_id, version_ids) if version_ids else {}
        if unknown := version_ids - found.keys():
            raise UnknownAttachment(unknown=sorted(map(str, unknown)))
        return {one: Frozen.of(file, Role.ATTACHMENT, self._a4(batch, file, by)) for one, file in found.items()}

    def _a4(self, batch: Batch, file: VaultFile, by: UUID) -> bool | None:
        if batch.level is not Level.PAPER:
            return None
        if file.media_type != PDF:
            return False
        try:
            content = self._vault.read(batch.office_id, file.version_id, by)
        except NotFound:
            raise UnknownAttachment(unknown=[str(file.version_id)]) from None
        return self._renderer.a4_portrait(content, file.media_type)

    def _texts(
        self, batch: Batch, new: Sequence[NewLetter], subjects: Mapping[UUID, UUID]
    ) -> Mapping[tuple[UUID, str], "Frozen"]:
        """Store each text once for each person it goes to alone, or once for all if several persons get it."""
        readers: dict[str, set[UUID]] = defaultdict(set)
        for letter in new:
            if letter.text.strip():
                readers[letter.text].add(subjects[letter.recipient_id])
        owners = {text: next(iter(who)) if len(who) == 1 else batch.office_id for text, who in readers.items()}
        with ThreadPoolExecutor(AT_ONCE, "writing") as pool:
            stored = dict(
                zip(owners, pool.map(lambda text: self._text(batch, text, owners[text]), owners), strict=True)
            )
        return {(subject, text): stored[text] for text, who in readers.items() for subject in who}

    def _text(self, batch: Batch, text: str, owner_id: UUID) -> "Frozen":
        content = self._renderer.pdf(text)
        version_id = uuid5(batch.id, f"{owner_id}:{sha256(content).hexdigest()}")
        place = Place(
            office_id=batch.office_id, dossier_id=batch.dossier_id, about_id=batch.id, owner_id=owner_id
        )  # fmt: skip
        file = self._vault.store(place, version_id, name=TEXT_NAME, media_type=PDF, content=content, hold=False)
        return Frozen.of(file, Role.TEXT, True)

    def _letter(  # noqa: PLR0913, PLR0917 - what a letter is made of
        self,
        batch: Batch,
        letter_id: UUID,
        new: NewLetter,
        subject_id: UUID,
        by: UUID,
        dossier_reference: str,
        texts: Mapping[tuple[UUID, str], "Frozen"],
        attached: Mapping[UUID, "Frozen"],
    ) -> Letter:
        files = [texts[subject_id, new.text]] if new.text.strip() else []
        files += [attached[one] for one in new.attachments]
        return written(
            batch,
            letter_id,
            files,
            recipient_id=new.recipient_id,
            subject_id=subject_id,
            subject=new.subject,
            dossier_reference=dossier_reference,
            chars=len(new.text),
            markup=forbidden(new.text),
            prepared_by=by,
            reissued_from=None,
            at=self._clock(),
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """A file as it goes with a letter, with its name."""

    document: Document
    name: str = field(repr=False)

    @classmethod
    def of(cls, file: VaultFile, role: Role, a4: bool | None) -> "Frozen":  # noqa: FBT001 - known, or nobody looked
        """Return a file of the vault as a letter holds it; providers want a name with an extension."""
        document = Document(
            version_id=file.version_id,
            role=role,
            size=file.size,
            sha256=file.sha256,
            media_type=file.media_type,
            manifest_sha256=file.manifest_sha256,
            a4=a4,
        )
        return cls(document, file.name or f"{file.version_id}{mimetypes.guess_extension(file.media_type) or ''}")


def written(batch: Batch, letter_id: UUID, files: Sequence[Frozen], **facts: object) -> Letter:
    """Return a letter of a batch with its files."""
    return Letter.begin(
        letter_id,
        office_id=batch.office_id,
        dossier_id=batch.dossier_id,
        batch_id=batch.id,
        sender_id=batch.sender_id,
        level=batch.level.value,
        hold_mode=batch.hold_mode.value,
        entity=batch.entity,
        payment_method=batch.payment_method,
        print=batch.print,
        documents=[file.document.plain() for file in files],
        names=[file.name for file in files],
        fingerprint=fingerprint(UUID(str(facts["recipient_id"])), [file.document.sha256 for file in files]),
        **facts,
    )
