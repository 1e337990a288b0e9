"""Files of letters are kept as long as the office chose and its dossier is open; then they go, their digests stay."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from lre_gateway.application.batches import NewBatch
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.refusals import FilesDestroyed
from lre_gateway.domain.vocabulary import Level, Status

YEAR = 365.25


def ended(world: Any, *letters: NewLetter, **changed: Any) -> list[UUID]:
    """Return letters that were refused by their recipients, with all their proofs."""
    sender_id = world.sender(email=f"{uuid4().hex}@etude.example")
    batch_id = world.batch(sender_id, *letters, **changed)
    world.batches.submit(world.clerk, batch_id)
    world.work()
    found: list[UUID] = world.letter_ids(batch_id)
    world.releases.release(world.notary, found, world.code(sender_id))
    world.work()
    for one in found:
        world.provider.happens(world.provider.ref_of(one), Status.NOTIFIED)
        world.provider.happens(world.provider.ref_of(one), Status.REFUSED)
    world.clock.advance(minutes=3)
    world.work()
    assert set(world.states(found)) == {"refused"}
    return found


def one(world: Any, **changed: Any) -> UUID:
    """Return one ended letter with a text and an attachment."""
    file = changed.pop("file", None) or world.file(b"acte")
    letter = NewLetter(recipient_id=world.recipient(f"a{uuid4().hex[:8]}"), text="Bonjour", attachments=(file,))
    (letter_id,) = ended(world, letter, **changed)
    return letter_id


def settle(world: Any) -> None:
    """Let the worker do all there is to do."""
    for _ in range(10):
        if not world.retention.step():
            return
    raise AssertionError("the retention finds no end")


def files_of(world: Any, letter_id: UUID) -> set[UUID]:
    letter = world.letter(letter_id)
    return {known.version_id for known in (*letter.evidence, *letter.documents)}


def test_files_are_destroyed_once_the_years_have_passed_and_their_digests_stay(world: Any) -> None:
    letter_id = one(world)
    files, before = files_of(world, letter_id), world.letter(letter_id).evidence
    world.clock.advance(days=10 * YEAR - 2)
    settle(world)
    assert files <= world.vault.files.keys(), "nothing is destroyed before its time"
    world.clock.advance(days=3)
    settle(world)
    assert not files & world.vault.files.keys()
    assert world.topics(letter_id)[-2:] == ["letter-retention-ended", "document-destroyed"]
    assert world.letter(letter_id).evidence == before
    entries = [json.loads(found.entry) for found in world.store.read(0, 10_000)]
    told = [entry for entry in entries if entry["agg"] == str(letter_id)]
    assert {doc["ver"] for entry in told for doc in entry["docs"]} == {str(known.version_id) for known in before}
    with pytest.raises(FilesDestroyed):
        world.evidences.download(world.clerk, letter_id, before[0].version_id)


def test_a_letter_of_an_open_dossier_is_kept_however_old_and_goes_once_it_is_archived(world: Any) -> None:
    dossier_id = world.dossier(world.clerk, world.notary)
    letter_id = one(world, dossier_id=dossier_id)
    files = files_of(world, letter_id)
    world.clock.advance(days=30 * YEAR)
    settle(world)
    assert files <= world.vault.files.keys()
    world.archive(dossier_id)
    world.archive(dossier_id)
    settle(world)
    assert not files & world.vault.files.keys()


def keep(world: Any, years: int) -> None:
    """Let the office choose how long it keeps the files of letters."""
    chosen = world.settings.get(world.notary)
    world.settings.change(world.notary, chosen.version, replace(chosen.choices, retention_years=years))


def test_a_rule_that_the_office_changes_applies_to_letters_not_yet_destroyed(world: Any) -> None:
    first = one(world)
    world.clock.advance(days=6 * YEAR)
    second = one(world)
    settle(world)
    assert world.letter(first).retention_ended_at is None, "ten years by default"
    keep(world, 5)
    settle(world)
    assert [world.letter(known).destroyed_at is None for known in (first, second)] == [False, True]
    keep(world, 30)
    world.clock.advance(days=20 * YEAR)
    settle(world)
    assert files_of(world, second) <= world.vault.files.keys()
    world.clock.advance(days=11 * YEAR)
    settle(world)
    assert not files_of(world, second) & world.vault.files.keys()


def test_a_file_that_another_letter_needs_stays_until_that_one_ends(world: Any) -> None:
    file = world.file(b"annexe")
    first = one(world, file=file)
    world.clock.advance(days=2 * YEAR)
    second = one(world, file=file)
    world.clock.advance(days=8 * YEAR + 1)
    settle(world)
    assert world.letter(first).destroyed_at is not None
    assert file in world.vault.files
    world.clock.advance(days=2 * YEAR)
    settle(world)
    assert world.letter(second).destroyed_at is not None
    assert file not in world.vault.files


def test_the_document_of_a_consent_is_no_file_of_a_letter(world: Any) -> None:
    agreement = world.file(b"agreement")
    person = world.recipient(consents=False)
    world.consents.record(world.clerk, [person], agreement)
    ended(world, NewLetter(recipient_id=person, text="Bonjour", attachments=(agreement,)))
    world.clock.advance(days=11 * YEAR)
    settle(world)
    assert agreement in world.vault.files


def test_letters_that_have_not_ended_are_kept(world: Any) -> None:
    person = world.recipient()
    new = NewBatch(sender_id=world.sender(), level=Level.QUALIFIED_LRE)
    made = world.batches.create(world.clerk, new, [NewLetter(recipient_id=person, text=text) for text in ("a", "b")])
    draft, cancelled = map(UUID, made["letter_ids"])
    world.letters.cancel(world.clerk, cancelled)
    world.clock.advance(days=50 * YEAR)
    settle(world)
    assert files_of(world, draft) <= world.vault.files.keys()
    assert world.letter(draft).retention_ended_at is None
    assert not files_of(world, cancelled) & world.vault.files.keys()


def test_while_the_vault_is_away_nothing_is_said_to_be_destroyed_and_it_is_tried_again(world: Any) -> None:
    letter_id = one(world)
    world.clock.advance(days=11 * YEAR)
    world.vault.away = True
    assert world.retention.step() == 1, "the end is said"
    assert world.retention.step() == 0, "and the rest is put off"
    assert world.topics(letter_id)[-1] == "letter-retention-ended"
    world.vault.away = False
    assert world.retention.step() == 0, "it is not its turn"
    world.clock.advance(minutes=2)
    settle(world)
    assert world.topics(letter_id)[-1] == "document-destroyed"


@pytest.mark.parametrize("destroyed_before", [0, 1, 2, 3])
def test_a_process_that_dies_between_two_steps_leaves_nothing_undone(
    world: Any, destroyed_before: int, dying: Callable[[Callable[[], Any]], None], killed: type[BaseException]
) -> None:
    letter_id = one(world)
    files = files_of(world, letter_id)
    world.clock.advance(days=11 * YEAR)
    destroy, left = world.vault.destroy, [destroyed_before]

    def until_killed(*about: Any) -> None:
        if not left[0]:
            raise killed
        left[0] -= 1
        destroy(*about)

    world.vault.destroy = until_killed
    dying(world.retention.step)
    world.vault.destroy = destroy
    assert len(files & world.vault.files.keys()) == len(files) - destroyed_before
    world.restart()
    settle(world)
    assert not files & world.vault.files.keys()
    assert world.topics(letter_id).count("letter-retention-ended") == 1
    assert world.topics(letter_id).count("document-destroyed") == 1


def test_a_proof_that_comes_after_the_end_of_retention_is_not_kept(world: Any) -> None:
    letter_id = one(world)
    world.clock.advance(days=11 * YEAR)
    settle(world)
    letter = world.letter(letter_id)
    letter.store_evidence(replace(letter.evidence[0]), manifest_sha256=None, host=None)
    assert not letter.pending_events
