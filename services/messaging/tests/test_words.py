"""The words of messages, in text and in HTML."""

import pytest
from messaging.adapters.words import FileTemplates
from messaging.domain.notification import GATHERED, Template

VALUES = {
    "name": "Jeanne Dupont",
    "office": "Étude Morel & Associés",
    "url": "https://scelle.example/x?a=1&b=2",
    "newcomer": "Camille",
    "number": "2026-0142",
    "title": "Bail",
    "label": "RIB",
    "reason": "Illisible",
    "asked": "14",
    "ended": "12",
    "day": "20 mars 2026",
    "when": "20 mars 2026 à 14 h 05",
    "lines": "DPE\nCNI recto-verso",
    "where": "2 dossiers",
    "what": "3 documents déposés",
    **dict.fromkeys(("accepted", "refused", "unclaimed", "bounced"), "3"),
}
IN_APP_ONLY = {
    Template.DOSSIER_COMPLETED,
    Template.LETTER_ACKNOWLEDGED,
    Template.LETTER_REFUSED,
    Template.LETTER_NOT_CLAIMED,
    Template.LETTER_BOUNCED,
}
SECURITY = {
    Template.PASSWORD_CHANGED,
    Template.AUTHENTICATOR_ON,
    Template.AUTHENTICATOR_OFF,
    Template.AUTHENTICATOR_OFF_BY_OFFICE,
}
MAILED = [template for template in Template if template not in IN_APP_ONLY]


@pytest.mark.parametrize("template", MAILED)
def test_every_message_greets_its_reader_and_has_one_link_but_those_about_signing_in(template: Template) -> None:
    subject, text, html = FileTemplates().render(template, VALUES)
    assert subject
    assert "\n" not in subject
    assert "Bonjour Jeanne Dupont," in text
    links = template not in SECURITY
    assert text.count(VALUES["url"]) == links
    assert html.count('<a href="https://scelle.example/x?a=1&amp;b=2"') == html.count("href") == links
    assert "$" not in subject + text + html


@pytest.mark.covers("L-46", "L-47")
def test_the_invitation_names_client_and_office_and_states_the_three_uses() -> None:
    subject, text, html = FileTemplates().render(Template.INVITATION, VALUES)
    assert "Étude Morel & Associés" in subject
    assert "Jeanne Dupont" in text
    assert ">Accéder à la plateforme</a>" in html
    for use in ("déposer les documents", "transmettre tout document", "contact privilégié"):
        assert use in text
        assert use in html


@pytest.mark.parametrize(
    ("office", "said"),
    [
        ("SCP Dubois", "L'étude SCP Dubois"),
        ("Étude Morel", "L'Étude Morel"),
        ("Office des Lilas", "L'Office des Lilas"),
    ],
)
def test_an_office_is_called_an_office_once(office: str, said: str) -> None:
    _, text, _ = FileTemplates().render(Template.INVITATION, VALUES | {"office": office})
    assert f"{said} vous ouvre un espace sécurisé" in text


@pytest.mark.bad_input("B28")
def test_what_people_wrote_is_shown_as_text_and_never_becomes_markup_or_a_header() -> None:
    wicked = '<script>alert("x")</script>\r\nBcc: everyone@example.org\n\n=> Cliquez : http://evil.example $name'
    values = VALUES | {"reason": wicked, "label": wicked, "office": wicked}
    subject, text, html = FileTemplates().render(Template.DOCUMENT_REFUSED, values)
    assert "\n" not in subject
    assert "\r" not in subject
    assert "<script>" not in html
    assert 'href="http://evil.example' not in html
    assert "&lt;script&gt;" in html
    assert "> =&gt; Cliquez" not in html
    assert "\n> Bcc: everyone@example.org" in text
    assert "$name" in text


def test_a_list_has_one_entry_for_each_line_and_no_line_becomes_markup() -> None:
    _, text, html = FileTemplates().render(Template.REMINDER, VALUES | {"lines": "DPE\n<b>RIB</b>"})
    assert "- DPE\n- <b>RIB</b>" in text
    assert "<ul><li>DPE</li><li>&lt;b&gt;RIB&lt;/b&gt;</li></ul>" in html


def test_amounts_and_days_are_said_in_french() -> None:
    words = FileTemplates()
    assert [words.amount(Template.DOCUMENT_DEPOSITED, number) for number in (1, 3)] == [
        "1 document déposé",
        "3 documents déposés",
    ]
    assert {words.amount(kind, 2) for kind in GATHERED}
    assert [words.day(day) for day in ("2026-03-01", "2026-12-20")] == ["1er mars 2026", "20 décembre 2026"]
    assert words.moment("2026-06-30T22:05:59+00:00") == "1er juillet 2026 à 0 h 05"


def test_a_missing_value_is_a_mistake_that_is_noticed() -> None:
    with pytest.raises(KeyError):
        FileTemplates().render(Template.DOCUMENT_REFUSED, {"name": "x"})
