"""What services say of their own state is shown in French, with the code that they use at hand."""

from typing import Any

import pytest
from dossier.domain.document_request import State as DocumentState
from lre_gateway.domain.document import Role
from lre_gateway.domain.state import State as LetterState
from lre_gateway.domain.vocabulary import EvidenceKind, HoldMode, Level
from messaging.domain.notification import Channel
from messaging.domain.notification import State as NotificationState
from portal.rendering import environment
from portal.state_words import field, thing

PARTS: Any = environment().get_template("control/parts.html").module
VERSION = "7c4e1d2a-3b5f-4c8e-8f1a-2d6b9e0c7a11"


def said(value: Any, name: str = "", service: str = "") -> str:
    """Return a value as the pages of control show it."""
    return str(PARTS.said(value, name, service))


@pytest.mark.parametrize(
    ("name", "service", "codes"),
    [
        ("state", "dossier", DocumentState),
        ("state", "messaging", NotificationState),
        ("state", "lre-gateway", LetterState),
        ("channel", "messaging", Channel),
        ("level", "lre-gateway", Level),
        ("hold_mode", "lre-gateway", HoldMode),
        ("role", "lre-gateway", Role),
        ("pending", "lre-gateway", EvidenceKind),
        ("scan", "vault", ("clean", "infected", "not-scanned")),
    ],
)
def test_every_code_of_a_state_has_a_word_and_keeps_its_code_in_the_title(
    name: str, service: str, codes: tuple[str, ...]
) -> None:
    for code in map(str, codes):
        shown = said(code, name, service)
        assert shown.startswith(f'<span title="{code}">'), code
        assert f">{code}<" not in shown


def test_states_within_a_state_are_said_in_words_too() -> None:
    shown = said({VERSION: {"state": "deposited", "size": 3, "replaced": False}}, "versions", "dossier")
    assert shown == (
        f'{VERSION} : État : <span title="deposited">À valider</span>, Taille, en octets : 3, Remplacée : non'
    )
    assert said({"31": "asked"}, "changes", "lre-gateway") == '31 : <span title="asked">Demandé</span>'
    assert said("refused", "state", "lre-gateway") == '<span title="refused">Refusée</span>'
    assert said("refused", f"versions.{VERSION}.state", "dossier") == '<span title="refused">Refusé</span>'
    assert field(f"versions.{VERSION}.state") == f"Versions, {VERSION}, État"


def test_what_is_no_code_is_shown_as_it_is_and_runs_nothing() -> None:
    assert said("<b>Ferme</b>", "title", "dossier") == "&lt;b&gt;Ferme&lt;/b&gt;"
    assert said({"<i>": ["<u>"]}) == "&lt;i&gt; : &lt;u&gt;"
    assert [said(one) for one in (None, True, False, [], {}, 12)] == ["néant", "oui", "non", "aucun", "aucun", "12"]
    assert said("deposited", "title", "dossier") == "deposited"


def test_a_thing_without_a_name_is_called_by_its_service() -> None:
    assert thing("dossier.conversation", "dossier") == "Conversation"
    assert thing(None, "vault") == "Coffre"
