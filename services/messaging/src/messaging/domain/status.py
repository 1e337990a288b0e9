"""What the status codes of mail servers (RFC 3463) mean to an office."""

_REASONS = {
    "1": "mailbox-unknown",  # addressing: no such mailbox, no such domain, a bad address
    "2.1": "mailbox-closed",
    "2.2": "mailbox-full",
    "3": "message-refused",  # the mail system, for instance a message too large
    "4": "unreachable",  # network and routing; tried for days in vain
    "6": "message-refused",  # its content or media
    "7": "message-refused",  # security or policy
}


def reason(status: str) -> str:
    """Return why a message came back, for a code such as 5.1.1: subject and detail count, not the class."""
    _, subject, detail = status.split(".")
    return _REASONS.get(f"{subject}.{detail}") or _REASONS.get(subject) or "not-delivered"
