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


class EmptyFile(Refusal):
    """The file is empty. Open it to see whether it holds the document, then choose it again, or another one."""

    code, status = "empty-file", 422


class NothingToDecide(Refusal):
    """This version does not wait for a decision; it may have been decided by a colleague."""

    code, status = "nothing-to-decide", 409


class ReasonMissing(Refusal):
    """Say why, in words that can be read: the client reads the reason and deposits again."""

    code, status = "reason-missing", 422


class RequestClosed(Refusal):
    """The office no longer asks for this document."""

    code, status = "request-closed", 409


class NotValidated(Refusal):
    """A document can be downloaded once it is validated; open it to look at it."""

    code, status = "not-validated", 409
