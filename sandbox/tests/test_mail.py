import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

TO = "jean.dupont@example.org"


def deliver(mail: Any, to: str = TO) -> None:
    message = EmailMessage()
    message["From"] = "Étude Morel <ne-pas-repondre@scelle.example>"
    message["To"] = to
    message["Subject"] = "Votre dossier est en ligne"
    message["Message-ID"] = "<1@scelle.example>"
    message.set_content("Bonjour, accédez à https://scelle.example/i/abc\nMerci.")
    message.add_alternative('<p><a href="https://scelle.example/i/abc">Accéder à la plateforme</a></p>', subtype="html")
    with smtplib.SMTP("127.0.0.1", mail.port) as client:
        client.send_message(message)


def test_a_caught_message_is_shown_parsed(mail: Any) -> None:
    deliver(mail)
    (message,) = mail.admin.get("/messages", params={"to": TO.upper()}).json()
    assert message["subject"] == "Votre dossier est en ligne"
    assert message["from"] == "Étude Morel <ne-pas-repondre@scelle.example>"
    assert message["to"] == message["recipients"] == [TO]
    assert message["message_id"] == "<1@scelle.example>"
    assert "Bonjour" in message["text"]
    assert "Accéder à la plateforme" in message["html"]
    assert message["links"] == ["https://scelle.example/i/abc"]
    assert mail.admin.get(f"/messages/{message['id']}").json() == message
    assert mail.admin.get("/messages", params={"to": "other@example.org"}).json() == []


def test_a_greylisted_delivery_succeeds_when_tried_again(mail: Any) -> None:
    mail.admin.put("/faults", json={"greylist": 2})
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            deliver(mail)
        assert refused.value.recipients[TO][0] == 451
    deliver(mail)
    assert len(mail.admin.get("/messages").json()) == 1


def test_an_unknown_mailbox_is_refused_for_ever(mail: Any) -> None:
    mail.admin.put("/faults", json={"refuse": [TO]})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        deliver(mail)
    assert refused.value.recipients[TO][0] == 550


def test_people_read_mails_and_text_messages_on_one_page_and_nothing_in_them_is_obeyed(mail: Any, sms: Any) -> None:
    headers = {"Authorization": "Bearer token"}
    text = {"to": "+33612340464", "text": "Votre code : 123456", "reference": "page"}
    assert sms.http.post("/messages", json=text, headers=headers).status_code == 201
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@scelle.example", TO, "<b>Bonjour</b>"
    message.set_content('<script>alert(1)</script> http://127.0.0.1/acces?a=1&b=2 "x"')
    with smtplib.SMTP("127.0.0.1", mail.port) as client:
        client.send_message(message)
    answer = mail.admin.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "Votre code : 123456" in answer.text
    assert "&lt;b&gt;Bonjour&lt;/b&gt;" in answer.text
    assert "<script" not in answer.text
    assert '<a href="http://127.0.0.1/acces?a=1&amp;b=2">' in answer.text
    assert answer.text.index("Bonjour") < answer.text.index("Votre code")  # the newest first
