"""What the rules of identity refuse."""

from chassis.refusal import Refusal


class AlreadyDecided(Refusal):
    """This membership was already decided, perhaps by a colleague."""

    code, status = "already-decided", 409


class OwnMembership(Refusal):
    """Nobody decides on their own membership; ask another notary of the office."""

    code, status = "own-membership", 403


class PersonErased(Refusal):
    """This person was erased; nothing more can be written about them."""

    code, status = "person-erased", 410


class AlreadyConfirmed(Refusal):
    """This e-mail address was already confirmed."""

    code, status = "already-confirmed", 409


class MobileRefused(Refusal):
    """Give a mobile number that can receive the code by SMS, such as 06 12 34 56 78."""

    code, status = "mobile-refused", 422


class EmailRefused(Refusal):
    """This is not an e-mail address that a message can be sent to."""

    code, status = "email-refused", 422


class PasswordRefused(Refusal):
    """The password does not meet the rules; `missing` names what it lacks."""

    code, status = "password-refused", 422


class CrpcenRefused(Refusal):
    """A CRPCEN is made of 2 to 12 letters and digits."""

    code, status = "crpcen-refused", 422
