"""The pages of letters say what the gateway of letters says, and call nothing by a name that it has not."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import lre_gateway
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from lre_gateway.domain.vocabulary import ConsentState, EvidenceKind, Level, Missing
from lre_gateway.domain.words import NAMES, RESERVED, STATES
from lre_gateway.entrypoints.http import answers, batch_answers, office_answers
from portal import letter_words as words
from portal.pages.letters.calls import period
from portal.pages.letters.writing import _marked
from portal.settings import Settings
from portal.wiring import web
from pydantic import BaseModel
from testkit.serving import serving

TEMPLATES = Path(str(files("portal") / "templates" / "letters"))
READ: dict[str, type[BaseModel]] = {
    "/letters": answers.LetterPage,
    "/letters/awaiting-code": answers.LetterPage,
    "/letters/{one}": answers.LetterView,
    "/letters/{one}/evidence": answers.EvidenceList,
    "/attachments": answers.AttachmentList,
    "/batches": batch_answers.BatchPage,
    "/batches/{one}": batch_answers.BatchView,
    "/batches/{one}/errors": batch_answers.LetterErrorPage,
    "/senders": office_answers.SenderList,
    "/senders/{one}": office_answers.Sender,
    "/senders/{one}/payment-methods": office_answers.PaymentMethodList,
    "/senders/{one}/consent-link": office_answers.Link,
    "/billing-entities": office_answers.EntityList,
    "/billing": office_answers.BillingList,
    "/recipients": office_answers.RecipientPage,
    "/recipients/{one}": office_answers.RecipientView,
}
SENT: dict[str, type[BaseModel]] = {
    "/consents/withdrawals": office_answers.ConsentChanges,
    "/batches/imports": batch_answers.Imported,
    "/batches/{one}/checks": batch_answers.Report,
    "/releases": answers.ReleaseList,
}
TOPIC = re.compile(r'TOPIC = "lre-gateway\.([a-z-]+)"')


def test_levels_and_states_are_called_as_the_gateway_calls_them() -> None:
    assert dict(words.LEVELS) == {level.value: name for level, name in NAMES.items()}
    assert dict(words.STATES) == {state.value: name for state, name in STATES.items()}


def test_only_the_qualified_level_has_the_name_that_the_law_keeps_for_it() -> None:
    for level, name in words.LEVELS:
        if level != Level.QUALIFIED_LRE:
            assert not any(word.lower() in name.lower() for word in RESERVED), name


def test_everything_that_can_happen_to_a_letter_has_a_word() -> None:
    domain = Path(lre_gateway.__file__ or "").parent / "domain"
    told = [TOPIC.findall((domain / name).read_text("utf-8")) for name in ("letter_events.py", "letter_side_events.py")]
    assert {name for names in told for name in names} - words.STEPS.keys() == set()
    assert words.PROOFS.keys() == {kind.value for kind in EvidenceKind}
    assert words.MISSING.keys() == {one.value for one in Missing}
    assert words.CONSENTS.keys() == {one.value for one in ConsentState}


def test_a_period_of_days_is_told_in_instants_of_paris_and_its_last_day_is_whole() -> None:
    assert period("2026-03-02", "2026-03-29") == {
        "since": "2026-03-02T00:00:00+01:00",
        "until": "2026-03-30T00:00:00+02:00",
    }
    assert period("hier", "") == {"since": None, "until": None}
    since = period("2026-07-14", "9999-12-31")["since"]
    assert since is not None
    assert datetime.fromisoformat(since).utcoffset() is not None


def test_typed_text_becomes_paragraphs_and_no_mark_of_its_own() -> None:
    assert _marked("Un & deux\r\nlignes\r\n\r\n<b>Gras</b>") == (
        "<p>Un &amp; deux<br>lignes</p><p>&lt;b&gt;Gras&lt;/b&gt;</p>"
    )


@pytest.mark.parametrize(
    "path",
    ["", "/lots", "/comptes", "/facturation", "/destinataires", "/nouveau", "/liste", "/a-valider", "/export.csv"],
)
@pytest.mark.usefixtures("signed_in")
def test_a_gateway_that_is_away_is_said_to_be(browser: httpx.Client, path: str) -> None:
    answer = browser.get(f"/lettres{path}")
    assert answer.status_code == 503
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", ["/a-valider", "/destinataires", "/nouveau", "/comptes", "/lots/x/envoi"])
@pytest.mark.usefixtures("signed_in")
def test_a_command_about_letters_needs_the_token_of_the_session(browser: httpx.Client, path: str) -> None:
    answer = browser.post(f"/lettres{path.replace('x', '7c4e1d2a-3b5f-4c8e-8f1a-2d6b9e0c7a11')}", data={"csrf": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/pieces", "/liste", "/destinataires/accord"])
@pytest.mark.usefixtures("signed_in")
def test_a_file_without_the_token_of_the_session_is_not_taken(browser: httpx.Client, path: str) -> None:
    sent = browser.post(f"/lettres{path}", data={"csrf": "x"}, files={"file": ("a.csv", b"nom;objet")})
    assert sent.status_code == 403


def _example(model: type[BaseModel]) -> Any:
    """Return the example of what the gateway answers, as its contract shows it."""
    extra: Any = model.model_config["json_schema_extra"]
    return model.model_validate(extra["examples"][0]).model_dump(mode="json")


def _saying(body: Any) -> Callable[[], JSONResponse]:
    return lambda: JSONResponse(body, headers={"ETag": '"3"'})


def _gateway() -> FastAPI:
    """Return a gateway of letters that answers with the examples of its contract, and an office with one member."""
    app = FastAPI()
    for path, model in READ.items():
        app.add_api_route(f"/api/letters/v1{path}", _saying(_example(model)))
    for path, model in SENT.items():
        app.add_api_route(f"/api/letters/v1{path}", _saying(_example(model)), methods=["POST"])
    member = {"person_id": str(uuid4()), "first_name": "Ada", "last_name": "Durand", "state": "approved"}
    app.add_api_route("/api/identity/v1/offices/{one}/members", _saying({"items": [member]}))
    return app


@pytest.fixture(scope="module")
def office(settings: Settings) -> Iterator[str]:
    """Return the address of a portal with that gateway behind it."""
    with serving(_gateway()) as behind:
        peers = dict.fromkeys(settings.peers, behind)
        with serving(web(settings.model_copy(update={"peers": peers}))) as address:
            yield address


ONE = "7c4e1d2a-3b5f-4c8e-8f1a-2d6b9e0c7a11"
PAGES = {
    "": "<h1>Recommandés",
    "/lots": "<h1>Envois préparés",
    f"/lots/{ONE}": "<h1>Information sur",
    "/comptes": "<h1>Comptes expéditeurs",
    f"/comptes/{ONE}": "Ce qui manque encore",
    "/facturation?du=2026-01-01": "<h1>Facturation",
    "/destinataires": "<h1>Destinataires",
    f"/destinataires/{ONE}?lot={ONE}": "Enregistrer et recalculer",
    f"/destinataires/accord?personne={ONE}": "Document qui le montre",
    f"/nouveau?piece={ONE}": "projet-acte.pdf",
    "/liste": "Continuer",
    "/a-valider": "<h1>AR en attente de validation OTP",
    f"/{ONE}": "Ce qui est arrivé",
    f"/{ONE}/renvoyer?q=durand": "<h1>Renvoyer la lettre",
    f"/destinataires/{ONE}?lettre={ONE}": f"/lettres/{ONE}/renvoyer",
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("signed_in")
def test_every_page_of_letters_can_show_what_the_contract_of_the_gateway_shows(
    browser: httpx.Client, office: str, path: str
) -> None:
    answer = browser.get(f"{office}/lettres{path}")
    assert answer.status_code == 200, answer.text
    assert PAGES[path] in answer.text


@pytest.mark.parametrize(
    "sent",
    [
        ("/destinataires/selection", {"recipient": ONE, "act": "withdraw"}, "<h1>Consentements mis à jour"),
        ("/destinataires/selection", {"act": "withdraw"}, "Cochez au moins une ligne."),
        ("/a-valider", {"letter": ONE, "code": "123 456"}, "par e-mail"),
        ("/a-valider", {"code": "123456"}, "Cochez au moins une ligne."),
        ("/nouveau", {"level": "paper"}, "Cochez au moins un destinataire."),
    ],
)
def test_a_form_about_letters_is_answered_by_a_page_that_says_what_became_of_it(
    browser: httpx.Client, signed_in: str, office: str, sent: tuple[str, dict[str, str], str]
) -> None:
    path, given, said = sent
    answer = browser.post(f"{office}/lettres{path}", data=given | {"csrf": signed_in, "key": str(uuid4())})
    assert said in answer.text


def test_a_list_that_was_taken_says_which_rows_became_no_letters(
    browser: httpx.Client, signed_in: str, office: str
) -> None:
    files = {"file": ("liste.csv", b"nom;objet")}
    answer = browser.post(f"{office}/lettres/liste?level=paper", data={"csrf": signed_in, "key": "k"}, files=files)
    assert answer.status_code == 200, answer.text
    assert "Lignes laissées de côté" in answer.text
