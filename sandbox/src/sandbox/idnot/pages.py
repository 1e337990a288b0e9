"""The two pages of the provider, in French, without a script (L-12, L-17)."""

from html import escape

_SHELL = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>{title}</h1><p><strong>Bac à sable : ceci n'est pas le vrai service ID.not.</strong></p>{body}
</main></body></html>
"""


def _field(name: str, label: str, kind: str = "text", value: str = "", *, required: bool = True) -> str:
    return (
        f'<p><label>{escape(label)}{" *" if required else ""} <input name="{name}" type="{kind}" '
        f'value="{escape(value)}" maxlength="254"{" required" if required else ""}></label></p>'
    )


def _page(title: str, body: str, problem: str) -> str:
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    return _SHELL.format(title=title, body=alert + body)


def sign_in(query: str, problem: str = "") -> str:
    """Return the sign-in page; `query` is the authorization request, which the form sends again."""
    body = (
        f'<form method="post" action="?{escape(query)}">'
        + _field("identifier", "Identifiant", "email")
        + _field("password", "Mot de passe", "password")
        + "<p><button>Se connecter</button></p></form>"
        + f"<p><a href=\"../signup/IDNOT_IDP?{escape(query)}\">Je n'ai pas d'identité</a></p>"
    )
    return _page("Connexion ID.not", body, problem)


def sign_up(query: str, problem: str = "") -> str:
    """Return the account page of a collaborator."""
    body = (
        f'<form method="post" action="?{escape(query)}">'
        + _field("civility", "Civilité")
        + _field("first_name", "Prénom")
        + _field("last_name", "Nom usuel")
        + _field("birth_name", "Nom de naissance", required=False)
        + _field("birth_date", "Date de naissance", "date")
        + _field("birth_country", "Pays de naissance", value="France")
        + _field("birth_place", "Commune de naissance", required=False)
        + _field("identifier", "Adresse e-mail", "email")
        + _field("password", "Mot de passe", "password")
        + _field("confirmation", "Confirmation du mot de passe", "password")
        + "<p><button>Créer mon compte</button></p></form>"
    )
    return _page("Création d'un compte collaborateur", body, problem)
