"""What is refused to whoever asks."""

from chassis.refusal import Refusal


class MembershipPending(Refusal):
    """Confirm your e-mail address and wait for a notary of the office to approve you; `waits_for` names what lacks."""

    code, status = "membership-pending", 403


class AlreadyMember(Refusal):
    """This membership was already asked for."""

    code, status = "already-member", 409


class NotaryNotVouchedFor(Refusal):
    """The identity provider does not name you as a notary of an office that is registered here."""

    code, status = "notary-not-vouched-for", 403


class ClientAlike(Refusal):
    """The clients in `alike` have this name, address or number; take one of them, or say that it is somebody else."""

    code, status = "client-alike", 409


class LegalHold(Refusal):
    """This client takes part in dossiers that are still open, `dossiers` of them; complete or archive them first."""

    code, status = "legal-hold", 409


class StillMember(Refusal):
    """Whoever is a member of an office, or asks to be, cannot be erased; a request can be refused first."""

    code, status = "still-member", 409


class SignInRefused(Refusal):
    """The sign-in failed; start again."""

    code, status = "sign-in-refused", 401


class CodeRefused(Refusal):
    """This code is wrong, already used or too old."""

    code, status = "code-refused", 401


class TooManyAttempts(Refusal):
    """There were too many attempts; wait `retry_after` seconds, then try once more."""

    code, status = "too-many-attempts", 429


class PasswordWrong(Refusal):
    """This is not your present password."""

    code, status = "password-wrong", 403


class SecondCodeRefused(Refusal):
    """This code of the authenticator app is wrong or already used; wait for the next one."""

    code, status = "second-code-refused", 403


class SecondFactorOn(Refusal):
    """An authenticator app is asked for already; turn it off first."""

    code, status = "second-factor-on", 409


class SecondFactorOff(Refusal):
    """No authenticator app is asked for; begin by getting a secret for one."""

    code, status = "second-factor-off", 409


class LinkUnknown(Refusal):
    """This link is not known or is no longer valid; ask the office for a new one."""

    code, status = "link-unknown", 404


class LinkSpent(Refusal):
    """This link was already used or is too old; ask for a new one."""

    code, status = "link-spent", 410


class SessionRefused(Refusal):
    """This session has ended; sign in again."""

    code, status = "session-refused", 401


class ProviderUnavailable(Refusal):
    """The identity provider does not answer; try again in a moment."""

    code, status = "provider-unavailable", 503
