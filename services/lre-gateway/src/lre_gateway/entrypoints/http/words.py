"""What people read of problems of letters, in French; a code without words would be a defect, and a test says so."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PROBLEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "EMAIL_MISSING": "Le destinataire n'a pas d'adresse e-mail.",
        "EMAIL_INVALID": "L'adresse e-mail n'est pas valable.",
        "EMAIL_SAME_AS_SENDER": "L'adresse e-mail est celle de l'expéditeur.",
        "CONSENT_MISSING": "Le destinataire n'a pas donné son accord pour recevoir une lettre électronique.",
        "CONSENT_REFUSED": "Le destinataire a refusé de recevoir des lettres électroniques.",
        "CONSENT_EXPIRED": "La demande d'accord au destinataire a expiré sans réponse.",
        "OPTED_OUT": "Le destinataire a demandé à recevoir ses avis sur papier.",
        "NAME_MISSING": "Le nom ou le prénom du destinataire manque.",
        "COMPANY_MISSING": "Le nom de la société du destinataire professionnel manque.",
        "POSTAL_ADDRESS_INVALID": "L'adresse postale est incomplète ou n'est pas valable.",
        "RECIPIENT_INVALID": "Le prestataire n'accepte pas ce destinataire.",
        "RECIPIENT_ERASED": "Ce destinataire a été effacé.",
        "NO_CONTENT": "La lettre n'a ni texte ni pièce jointe.",
        "FILE_EMPTY": "Une pièce jointe est vide.",
        "FILE_NAME_MISSING": "Une pièce jointe n'a pas de nom.",
        "FILE_UNKNOWN": "Une pièce jointe est inconnue du prestataire ; l'envoi est à refaire.",
        "TOTAL_TOO_BIG": "Les pièces jointes dépassent la taille permise pour une lettre.",
        "CONTENT_TOO_LONG": "Le texte est trop long.",
        "FORBIDDEN_HTML": "Le texte contient une mise en forme qui n'est pas permise.",
        "TEXT_NOT_PRINTABLE": "Le texte contient des caractères qui ne peuvent pas être imprimés.",
        "NOT_A4": "Une pièce jointe n'est pas au format A4 portrait.",
        "SENDER_NOT_LINKED": "Le compte expéditeur n'a pas autorisé l'envoi en son nom.",
        "SENDER_TERMS": "Les conditions du prestataire n'ont pas été acceptées pour le compte expéditeur.",
        "SENDER_NO_PAYMENT": "Le compte expéditeur n'a pas de moyen de paiement.",
        "SENDER_NO_CREDENTIAL": "Le compte expéditeur n'a pas encore sa clé de codes, qui arrive par la poste.",
        "SENDER_EXISTS": "Ce compte expéditeur existe déjà chez le prestataire.",
        "LEVEL_NOT_ALLOWED": "Ce type d'envoi n'est pas ouvert à l'office ou chez son prestataire.",
        "DOSSIER_ARCHIVED": "Le dossier est archivé : plus aucune lettre n'en part.",
        "PAYMENT_METHOD_INVALID": "Le moyen de paiement n'est pas accepté par le prestataire.",
        "POSSIBLE_DUPLICATE": "La même lettre a été préparée pour cette personne il y a moins de 30 jours.",
        "LETTER_UNKNOWN": "Le prestataire ne connaît pas cette lettre.",
        "UNKNOWN_ATTACHMENT": "Une pièce jointe n'est pas un fichier de l'office.",
        "UNKNOWN_RECIPIENT": "Le destinataire n'est pas dans le répertoire de l'office.",
        "KIND_UNKNOWN": "Le type du destinataire est « particulier » ou « professionnel ».",
        "SUBJECT_MISSING": "L'objet de la lettre manque.",
        "OTHER": "Le prestataire refuse la lettre pour une autre raison.",
    }
)
OTHERWISE: Final = "Cette ligne ne peut pas devenir une lettre."


def problem(code: str) -> str:
    """Return the sentence for the code of a problem."""
    return PROBLEMS.get(code, OTHERWISE)
