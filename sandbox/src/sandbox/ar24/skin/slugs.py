"""The refusals of AR24: a slug, and a sentence in the caller's language."""

from typing import Any

_SENTENCES: dict[str, tuple[str, str]] = {
    # call
    "token_missing": ("Le token est absent de votre requête", "The token is missing in your request"),
    "token_invalid": ("Votre token n'est pas valide", "Your token is not valid"),
    "empty_date": ("Aucune date dans votre requête", "No date parameter found in your request"),
    "invalid_date": (
        "Mauvais format de date (YYYY-MM-DD HH:mm:ss)",
        "Wrong date format (must be YYYY-MM-DD HH:mm:ss)",
    ),
    "expired_date": ("La date est dépassée", "Given datetime is older than current datetime"),
    "date_in_future": (
        "La date doit être comprise entre l'appel et 10 minutes plus tard",
        "Given datetime must be set between call submission and +10 minutes",
    ),
    "empty_signature": ("La signature est absente", "The signature is missing"),
    "unknown_error": ("Erreur inconnue", "An unknown error occurred"),
    # users
    "missing_firstname": ("Veuillez indiquer un prénom", "Please specify a firstname"),
    "missing_lastname": ("Veuillez indiquer un nom", "Please specify a lastname"),
    "missing_email": ("Veuillez indiquer une adresse e-mail", "Please specify an email address"),
    "email_wrong_format": ("L'adresse e-mail est incorrecte", "Incorrect email address format"),
    "missing_address": ("Veuillez indiquer une adresse", "Please specify an address"),
    "missing_city": ("Veuillez indiquer une ville", "Please specify a city"),
    "missing_zipcode": ("Veuillez indiquer un code postal", "Please specify a zipcode"),
    "missing_country": ("Veuillez indiquer un pays", "Please specify a country"),
    "error_country": ("Veuillez indiquer un pays valide", "Please specify a valid country"),
    "error_gender": ("Veuillez indiquer une civilité valide", "Please specify a valid gender"),
    "missing_company_siret": ("Veuillez indiquer un SIRET", "Please specify a company_siret"),
    "missing_company_tva": ("Veuillez indiquer un numéro de TVA", "Please specify a company_tva"),
    "error_company_siret": ("Aucune société n'a ce SIRET", "No company has been found with this company_siret"),
    "user_already_exist": ("Cette adresse a déjà un compte", "A user with this address already exists"),
    "user_not_exist": ("Aucun utilisateur avec cette adresse", "There is not a user with this address on AR24"),
    "user_unavailable": (
        "Cet utilisateur n'a pas autorisé votre API",
        "You tried to access a resource that is not related to your API",
    ),
    "missing_user_id": ("Veuillez indiquer un utilisateur", "Please specify a valid user ID"),
    # senders who are not ready
    "user_account_not_confirmed": ("L'adresse e-mail n'est pas confirmée", "User has to confirm its email address"),
    "user_eula_not_accepted": ("Les CGU ne sont pas acceptées", "Sender must accept AR24 EULA first"),
    "user_name_empty": ("Le nom de l'expéditeur est vide", "Sender name cannot be empty"),
    "user_no_payment": ("Aucun moyen de paiement", "User or Master has no payment method"),
    # files
    "attachment_empty_name": ("Le nom du fichier est vide", "The file has no name"),
    "attachment_missing_file": ("Le fichier est absent", "You didn't fill the file parameter correctly"),
    "attachment_too_big": ("Fichier vide (0B) ou trop gros", "File is empty (0B) or too big"),
    "attachment_not_exists": ("Une pièce jointe n'existe pas", "At least one of the attachments does not exist"),
    "attachment_unavailable": ("Une pièce jointe n'est pas disponible", "One of the attachments is not available"),
    # letters
    "invalid_email": ("Le domaine de l'adresse n'existe pas", "The domain of the email address does not exist"),
    "invalid_recipient": ("Le destinataire est invalide", "Recipient is invalid"),
    "same_sender_recipients_emails": (
        "L'expéditeur et le destinataire ont la même adresse",
        "Recipient email and sender email must be different",
    ),
    "group_not_exist": ("Ce groupe n'existe pas", "Group ID provided does not exist"),
    "content_exceeds_limit": ("Le contenu est trop long", "Content is too long"),
    "forbidden_html": ("Le contenu a des balises interdites", "The content has some forbidden html tag"),
    "error_no_content_no_attachment": ("Courrier vide", "Empty mail: no content and no attachments"),
    "missing_erm_id": ("Veuillez indiquer un courrier valide", "Please provide a valid mail ID"),
    # authentication of the sender
    "authentication_missing": ("Identification eIDAS absente", "Invalid eidas identification (ssl or otp)"),
    "authentication_otp_invalid": ("Code OTP invalide", "Invalid otp code"),
    "authentication_otp_hash_invalid": ("Hash OTP invalide", "The OTP hash is not correct"),
    # ours: the provider's are not known
    "missing_company": ("Veuillez indiquer une société", "Please specify a company"),
    "mail_not_cancellable": ("Ce courrier ne peut plus être annulé", "This mail can no longer be cancelled"),
    "mail_not_to_valid": ("Ce courrier n'attend pas de validation", "This mail does not wait for a validation"),
    "recipient_update_not_exist": ("Cette demande n'existe pas", "This recipient update does not exist"),
    "send_cap_reached": ("Nombre d'envois de test atteint", "The number of test sends is reached"),
}


class Refused(Exception):
    """The call is refused, with this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


def refusal(slug: str, language: str) -> dict[str, Any]:
    """Return the envelope of a refusal; only French and English are spoken here."""
    french, english = _SENTENCES.get(slug, (slug, slug))
    return {"status": "ERROR", "slug": slug, "message": french if language == "fr" else english}
