"""The page of what was sent: the newest mail and text message first, in plain HTML that renews itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from sandbox.mail.messages import Message

SHOWN = 100
AGAIN_SECONDS = 5
LINK = re.compile(r"https?://[^\s<>\"]+")
SHELL = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="{again}">
<title>Messages envoyés (bac à sable)</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border: 1px solid #8a8578; border-radius: 6px; padding: 0 1rem; margin: 1rem 0 }}
h2 {{ font-size: 1.1rem; margin: .75rem 0 0 }} p {{ margin: .25rem 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }}
</style></head>
<body><main><h1>Messages envoyés</h1>
<p>Bac à sable : rien n'est parti pour de vrai. La page se renouvelle toutes les {again} secondes.</p>
{body}
</main></body></html>
"""


@dataclass(frozen=True, slots=True)
class Text:
    """A text message, as the simulated provider shows it."""

    to: str
    text: str
    at: datetime


def page(mails: Sequence[Message], texts: Sequence[Text] | None) -> str:
    """Return the page; `texts` is None where the simulated SMS provider does not answer."""
    told = [(mail.at, _mail(mail)) for mail in mails] + [(text.at, _text(text)) for text in texts or ()]
    newest = [html for _, html in sorted(told, reverse=True)[:SHOWN]]
    away = ["<p><strong>Les SMS ne sont pas lisibles ici.</strong></p>"] if texts is None else []
    return SHELL.format(again=AGAIN_SECONDS, body="\n".join(away + (newest or ["<p>Rien pour l'instant.</p>"])))


def _mail(mail: Message) -> str:
    return _article(f"E-mail : {mail.subject}", ", ".join(mail.recipients), mail.at, mail.text)


def _text(text: Text) -> str:
    return _article("SMS", text.to, text.at, text.text)


def _article(title: str, to: str, at: datetime, body: str) -> str:
    linked = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(body))
    when = f'<time datetime="{at.isoformat()}">{at.astimezone():%H:%M:%S}</time>'
    return f"<article><h2>{escape(title)}</h2><p>à {escape(to)}, {when}</p><pre>{linked}</pre></article>"
