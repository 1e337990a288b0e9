"""Why the rules of a dossier say no, in words the person can act on."""

from chassis.refusal import Refusal


class DossierArchivedAlready(Refusal):
    """This dossier is archived; nothing in it changes any more."""

    code, status = "dossier-archived", 409


class NumberTaken(Refusal):
    """Another dossier of the office has this number; upper and lower case and blanks make no difference."""

    code, status = "number-taken", 409


class UnknownDeedType(Refusal):
    """This deed type is not in the list."""

    code, status = "unknown-deed-type", 422


class DeedTypeNotOffered(Refusal):
    """The office has withdrawn this deed type: dossiers that have it keep it, and no other takes it."""

    code, status = "deed-type-not-offered", 409


class LastDeedType(Refusal):
    """No other deed type is offered, and a dossier needs one; add or offer another first."""

    code, status = "last-deed-type", 409


class DeedTypeKnown(Refusal):
    """The office has a deed type that is called so, perhaps a withdrawn one; use that one, or choose another name."""

    code, status = "deed-type-known", 409


class BankDetailsRefused(Refusal):
    """The IBAN or the BIC, which `wrong` names, is not one: its check digits or its length do not fit."""

    code, status = "bank-details-refused", 422


class TooManyBankDetails(Refusal):
    """The office has twenty accounts; remove one that is used no more."""

    code, status = "too-many-bank-details", 409


class UnknownDocumentType(Refusal):
    """The document types in `unknown` are not in the list of the deed type; ask for them in words, in `others`."""

    code, status = "unknown-document-type", 422


class ClientAlreadyAdded(Refusal):
    """This client is in the dossier already."""

    code, status = "client-already-added", 409


class UnknownClient(Refusal):
    """The office has no such client."""

    code, status = "unknown-client", 422


class UnknownMember(Refusal):
    """The persons in `unknown` are not members of the office; choose among its members."""

    code, status = "unknown-member", 422


class NothingAsked(Refusal):
    """Choose at least one document to ask for."""

    code, status = "nothing-asked", 422


class AlreadyAsked(Refusal):
    """The documents in `already` are asked of this client and not yet validated; ask for the others only."""

    code, status = "already-asked", 409


class DueDatePast(Refusal):
    """This day is past; choose today or a later one, or none."""

    code, status = "due-date-past", 422


class EmptyFile(Refusal):
    """The file is empty. Open it to see whether it holds the document, then choose it again, or another one."""

    code, status = "empty-file", 422


class NothingToDecide(Refusal):
    """This version does not wait for a decision; it may have been decided by a colleague."""

    code, status = "nothing-to-decide", 409


class DecidedAlready(Refusal):
    """The office has decided on this file, or it is closed: it stays in the history and cannot be taken back."""

    code, status = "document-decided", 409


class Withdrawn(Refusal):
    """The client took this file back before any decision; its bytes are destroyed."""

    code, status = "document-withdrawn", 410


class ReasonMissing(Refusal):
    """Say why, in words that can be read: the client reads the reason and deposits again."""

    code, status = "reason-missing", 422


class RequestClosed(Refusal):
    """The office no longer asks for this document."""

    code, status = "request-closed", 409


class NotValidated(Refusal):
    """A document can be downloaded once it is validated; open it to look at it."""

    code, status = "not-validated", 409


class MessageEmpty(Refusal):
    """Write something that can be read: the other side is told that a message waits."""

    code, status = "message-empty", 422


class TooManyMessages(Refusal):
    """You have written many messages within an hour; wait `retry_after` seconds, or put what is left into one."""

    code, status = "too-many-messages", 429
