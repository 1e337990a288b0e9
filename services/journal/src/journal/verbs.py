"""What an operator asks of the journal alone: how it stands, whether it is true, and what was published back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from journal.attest.auditing import audit_command
from journal.attest.monitor import Monitor
from journal.attest.monitoring import monitor_command
from journal.attest.recovering import Recovery, recover_command
from journal.attest.standing import status_command
from journal.log.database import Database
from journal.log.keys import keys_command
from journal.settings import Settings
from journal.wiring import Attesting, Published, attesting, peers, published, signer, standings


def _with_copy(settings: Settings, command: Callable[[Attesting, Published], int]) -> int:
    copy = published(settings)
    if copy is None:
        raise SystemExit("nothing is published: JOURNAL_S3_ENDPOINT is not set")
    with closing(copy), closing(attesting(settings)) as attested:
        return command(attested, copy)


def _status(settings: Settings, words: Sequence[str]) -> int:
    with closing(peers(settings)) as others, closing(attesting(settings)) as attested:
        return status_command(standings(attested.database, attested.attestations, attested.policy, others), words)


def _audit(settings: Settings, words: Sequence[str]) -> int:
    with closing(peers(settings)) as others, closing(Database(settings.database_url)) as database:
        return audit_command(database, others.bulk, words)


def _monitor(settings: Settings, words: Sequence[str]) -> int:
    return _with_copy(
        settings,
        lambda attested, copy: monitor_command(
            Monitor(attested.database, copy.tiles, copy.worm, attested.policy), words
        ),
    )


def _recover(settings: Settings, words: Sequence[str]) -> int:
    read = signer(settings).read

    def recover(attested: Attesting, copy: Published) -> int:
        said, authorities = attested.attestations, attested.policy.authorities
        recovery = Recovery(attested.database, copy.tiles, copy.worm, copy.state, read, said, authorities)
        return recover_command(recovery, words)

    return _with_copy(settings, recover)


def _keys(settings: Settings, _words: Sequence[str]) -> int:
    with closing(Database(settings.database_url)) as database:
        return keys_command(database, signer(settings))


VERBS: Mapping[str, Callable[[Settings, Sequence[str]], int]] = {
    "status": _status,
    "audit": _audit,
    "monitor": _monitor,
    "recover": _recover,
    "keys": _keys,
}
"""What an operator asks of the journal alone, each with its words; returns the exit status."""
