"""The trust policy that the journal amounts to; its keys are those of the log's files, former ones too."""

from dataclasses import dataclass, field

from proof.cosignature import Quorum
from proof.policy import LogKey, Policy
from proof.timestamp import Authority

from journal.log.signer import LogSigner, PublicKey


@dataclass(slots=True)
class Policies:
    """Tells the policy of now, which changes only when the log's key files do."""

    signer: LogSigner
    quorum: Quorum | None = None
    authorities: tuple[Authority, ...] = ()
    _made: tuple[tuple[PublicKey, ...], Policy] | None = field(default=None, init=False)

    def __call__(self) -> Policy:
        """Return it; raises PolicyInvalid."""
        keys = self.signer.known
        if self._made is None or self._made[0] != keys:
            made = Policy(self.signer.origin, tuple(map(LogKey, keys)), self.quorum, self.authorities)
            self._made = (keys, made)
        return self._made[1]
