"""Why the rules of letters say no, in words the person can act on."""

from chassis.refusal import Refusal


class WrongState(Refusal):
    """The letter is no longer where this can be done; look at it again."""

    code, status = "wrong-letter-state", 409


class NotCancellable(Refusal):
    """The letter has left, or is leaving: it can no longer be given up."""

    code, status = "not-cancellable", 409


class NotReissuable(Refusal):
    """Only a letter that did not reach its recipient can be sent again as a new one, and only once."""

    code, status = "not-reissuable", 409


class NoSuchChange(Refusal):
    """The recipient asked for no such change, or it was answered."""

    code, status = "no-such-change", 409


class UnknownRecipient(Refusal):
    """The recipients in `unknown` are not in the register of the office; add them first."""

    code, status = "unknown-recipient", 422


class UnknownAttachment(Refusal):
    """The attachments in `unknown` are not files of the office; upload them first."""

    code, status = "unknown-attachment", 422


class RecipientKnown(Refusal):
    """This person is in the register already, as `recipient_id`."""

    code, status = "recipient-known", 409


class NotAClient(Refusal):
    """The office has no such client."""

    code, status = "unknown-client", 422


class NotAMember(Refusal):
    """The holder of the key must be a member of the office."""

    code, status = "unknown-member", 422


class SenderKnown(Refusal):
    """This account was linked already, as `sender_id`."""

    code, status = "sender-known", 409


class SenderRevoked(Refusal):
    """The link with this account was taken back; ask for it again."""

    code, status = "sender-revoked", 409


class SenderAway(Refusal):
    """The account does not let us send in its name yet; its owner has to accept the access request."""

    code, status = "sender-not-linked", 409


class UnknownEntity(Refusal):
    """No payment method is linked to this billing entity; link one first."""

    code, status = "unknown-entity", 422


class UnknownPaymentMethod(Refusal):
    """The account has no such payment method at the provider."""

    code, status = "unknown-payment-method", 422


class NotTheHolder(Refusal):
    """Only the person who holds the key of the sending account can release its letters."""

    code, status = "not-the-holder", 403


class CodesLocked(Refusal):
    """Five codes were wrong: codes are taken again at `until`."""

    code, status = "codes-locked", 423


class CodeRefused(Refusal):
    """The code is wrong or was used before; nothing was released. Wait for the next code; `left` tries remain."""

    code, status = "code-refused", 422


class SeveralSenders(Refusal):
    """One code releases the letters of one sending account; choose letters of one only."""

    code, status = "several-senders", 422


class NothingChosen(Refusal):
    """Choose at least one."""

    code, status = "nothing-chosen", 422


class TooMany(Refusal):
    """At most `limit` at a time."""

    code, status = "too-many", 422


class LevelNotAllowed(Refusal):
    """This level is not open to the office or to its provider; electronic notices are for property managers only."""

    code, status = "level-not-allowed", 422


class NothingReady(Refusal):
    """No letter of the batch is ready: check it, mend what is wrong, and check again."""

    code, status = "nothing-ready", 409


class ConsentDateInFuture(Refusal):
    """A consent cannot be given in the future."""

    code, status = "consent-in-future", 422


class NothingWithdrawn(Refusal):
    """This person has no consent that could be withdrawn."""

    code, status = "no-consent", 409


class HeldByLaw(Refusal):
    """Letters to this person are on their way: erase them once the letters have come to an end."""

    code, status = "letters-under-way", 409


class ErasedByIdentity(Refusal):
    """This recipient has an account: have the person erased by the platform's erasure, and they go from here too."""

    code, status = "erase-in-identity", 409


class ProviderSilent(Refusal):
    """The provider does not answer or is in maintenance; nothing was changed, try again later."""

    code, status = "provider-away", 503


class ProviderCannot(Refusal):
    """The provider does not offer this."""

    code, status = "provider-cannot", 501


class ProviderRefuses(Refusal):
    """The provider refuses it; `cause` says why."""

    code, status = "provider-refuses", 422


class FilesDestroyed(Refusal):
    """The office kept this letter until `since`; its files are destroyed, their digests are still in the journal."""

    code, status = "files-destroyed", 410
