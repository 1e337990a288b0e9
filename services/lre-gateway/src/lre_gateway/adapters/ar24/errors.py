"""The provider's slugs, and what each means for us. The text of an error is never read: its language changes."""

from lre_gateway.adapters.provider_http import NotExecuted
from lre_gateway.application.provider import (
    AuthRefused,
    GrantExpired,
    ProviderAway,
    ProviderError,
    ProviderRejected,
    Rejection,
    SenderNotReady,
)
from lre_gateway.domain.vocabulary import Missing

MAX_SLUG = 64
"""Characters kept of a word that the provider sent."""

NEW_DATE_HELPS = frozenset({"expired_date", "date_in_future"})
NOT_EXECUTED = frozenset({
    "token_missing", "token_invalid", "empty_date", "invalid_date", "empty_signature", "invalid_signature",
})  # fmt: skip
"""Nothing was done, and somebody has to mend the configuration. The slug of a wrong signature is inferred."""

NOT_READY = {
    "user_account_not_confirmed": Missing.CONFIRMATION,
    "user_name_empty": Missing.CONFIRMATION,
    "user_eula_not_accepted": Missing.TERMS,
    "user_no_payment": Missing.PAYMENT,
    "user_not_exist": Missing.LINK,
    "user_unavailable": Missing.LINK,
    "missing_user_id": Missing.LINK,
}

REJECTED = {
    "missing_email": (Rejection.EMAIL_MISSING, "email"),
    "email_wrong_format": (Rejection.EMAIL_INVALID, "email"),
    "invalid_email": (Rejection.EMAIL_INVALID, "email"),
    "same_sender_recipients_emails": (Rejection.EMAIL_SAME_AS_SENDER, "email"),
    "same_sender_recipient_emails": (Rejection.EMAIL_SAME_AS_SENDER, "email"),
    "invalid_recipient": (Rejection.RECIPIENT_INVALID, "recipient"),
    "missing_firstname": (Rejection.NAME_MISSING, "first_name"),
    "missing_lastname": (Rejection.NAME_MISSING, "last_name"),
    "missing_company_siret": (Rejection.COMPANY_MISSING, "company"),
    "missing_company_tva": (Rejection.COMPANY_MISSING, "company"),
    "error_company_siret": (Rejection.COMPANY_MISSING, "company"),
    "missing_address": (Rejection.POSTAL_ADDRESS_INVALID, "address"),
    "missing_city": (Rejection.POSTAL_ADDRESS_INVALID, "city"),
    "missing_zipcode": (Rejection.POSTAL_ADDRESS_INVALID, "postcode"),
    "missing_country": (Rejection.POSTAL_ADDRESS_INVALID, "country"),
    "error_country": (Rejection.POSTAL_ADDRESS_INVALID, "country"),
    "content_exceeds_limit": (Rejection.CONTENT_TOO_LONG, "text"),
    "forbidden_html": (Rejection.FORBIDDEN_HTML, "text"),
    "error_no_content_no_attachment": (Rejection.NO_CONTENT, "text"),
    "attachment_empty_name": (Rejection.FILE_NAME_MISSING, "documents"),
    "attachment_missing_file": (Rejection.FILE_EMPTY, "documents"),
    "attachment_too_big": (Rejection.TOTAL_TOO_BIG, "documents"),
    "attachment_not_exists": (Rejection.FILE_UNKNOWN, "documents"),
    "attachment_unavailable": (Rejection.FILE_UNKNOWN, "documents"),
    "missing_erm_id": (Rejection.LETTER_UNKNOWN, None),
    "user_already_exist": (Rejection.SENDER_EXISTS, "email"),
}


def refusal(slug: str) -> ProviderError:
    """Return the error that a slug stands for; one that is not in the tables rejects for good and keeps its word."""
    if slug in NEW_DATE_HELPS:
        return NotExecuted(slug)
    if slug in NOT_EXECUTED:
        return ProviderAway(slug)
    if slug in NOT_READY:
        return SenderNotReady(frozenset({NOT_READY[slug]}))
    if slug in {"authentication_missing", "authentication_otp_invalid"}:
        return AuthRefused(slug)
    if slug == "authentication_otp_hash_invalid":
        return GrantExpired(slug)
    code, field = REJECTED.get(slug, (Rejection.OTHER, None))
    return ProviderRejected(code, slug[:MAX_SLUG], field)
