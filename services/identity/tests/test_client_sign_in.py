import statistics
import time
from typing import Any

import pytest

PASSWORD = "Une longue phrase 7"


@pytest.mark.covers("L-46", "L-48", "L-49", "L-50", "L-51")
def test_a_client_comes_by_the_invitation_and_signs_in(platform: Any) -> None:
    client = platform.new_client(platform.notary(), phone="06 12 34 04 64")
    letter = platform.service.post(
        "/internal/invitations", json={"person_id": client["id"], "office_id": str(platform.office_id)}
    ).json()
    assert (letter["email"], letter["office_name"]) == (client["email"], "Étude Morel")
    invitation = letter["url"].partition("invitation=")[2]

    sent = platform.post("/sign-in/codes", {"email": client["email"].upper(), "invitation": invitation})
    assert sent.status_code == 201, sent.text
    assert sent.json()["masked_number"] == "** ** ** 04 64"
    code = platform.code(client)
    setup = platform.post(f"/sign-in/codes/{sent.json()['id']}/answer", {"code": code})
    assert setup.status_code == 200, setup.text
    body = {"setup_token": setup.json()["setup_token"], "password": PASSWORD}
    assert platform.call("PUT", "/password", json=body).status_code == 204

    session = platform.client_session(client)
    me = platform.call("GET", "/me", session["access_token"]).json()
    assert (me["id"], me["kind"], me["role"]) == (client["id"], "client", None)
    assert [one["purpose"] for one in platform.events("code-sent")] == ["first-access", "sign-in"]
    assert len(platform.events("client-invited")) == len(platform.events("password-set")) == 1
    assert len(platform.events("email-confirmed")) == 1
    assert platform.events("signed-in")[-1]["means"] == "password-and-code"


def test_the_message_can_be_filled_in_by_the_phone_and_says_how_long_it_is_good(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.asked(client, platform.invitation(client))
    code = platform.code(client)
    (message,) = platform.sms.admin.get("/messages").json()
    assert message["text"] == f"Votre code Scellé : {code}. Il est valable 5 minutes.\n\n@scelle.localhost #{code}"


@pytest.mark.covers("L-48", "L-49")
def test_an_unknown_address_gets_the_same_answer(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    invitation = platform.invitation(client)
    known = platform.post("/sign-in/codes", {"email": client["email"], "invitation": invitation}).json()
    unknown = [
        platform.post("/sign-in/codes", {"email": "nobody@example.org", "invitation": invitation}),
        platform.post("/sign-in/codes", {"email": "nobody@example.org", "invitation": invitation}),
        platform.post("/sign-in/codes", {"email": client["email"]}),
    ]
    for answer in unknown:
        body = answer.json()
        assert answer.status_code == 201
        assert body.keys() == known.keys()
        assert (body["expires_in"], body["resend_in"]) == (known["expires_in"], known["resend_in"])
        assert len(body["masked_number"]) == len(known["masked_number"])
    assert unknown[0].json()["masked_number"] == unknown[1].json()["masked_number"]
    wrong = platform.post(f"/sign-in/codes/{unknown[0].json()['id']}/answer", {"code": "000000"})
    right_id = platform.post(f"/sign-in/codes/{known['id']}/answer", {"code": "abc"})
    assert wrong.status_code == right_id.status_code == 401
    assert wrong.json()["code"] == right_id.json()["code"] == "code-refused"
    platform.code(client)
    assert len(platform.sms.admin.get("/messages").json()) == 1


def test_an_unknown_address_takes_as_long_as_a_wrong_password(start: Any) -> None:
    platform = start(
        argon2_memory_kib="16384", argon2_passes="2", passwords_per_email_hour="100", passwords_per_ip_hour="1000"
    )
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    times: dict[str, list[float]] = {client["email"]: [], "nobody@example.org": []}
    for _ in range(15):
        for email, spent in times.items():
            begun = time.perf_counter()
            answer = platform.post("/sign-in/password", {"email": email, "password": "Une autre phrase 8"})
            spent.append(time.perf_counter() - begun)
            assert answer.json()["code"] == "sign-in-refused"
    known, unknown = (statistics.median(spent) for spent in times.values())
    assert abs(known - unknown) < 0.02
    causes = [one["cause"] for one in platform.events("sign-in-refused")]
    assert causes == ["password"] * 30


def test_a_code_for_an_unknown_address_takes_as_long_as_a_real_one(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    invitation = platform.invitation(client)
    times: dict[str, list[float]] = {client["email"]: [], "nobody@example.org": []}
    for _ in range(20):
        for email, spent in times.items():
            begun = time.perf_counter()
            platform.post("/sign-in/codes", {"email": email, "invitation": invitation})
            spent.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(spent) for spent in times.values())
    assert abs(known - unknown) < 0.02


def test_a_wrong_password_and_an_unknown_address_answer_the_same(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    answers = [
        platform.post("/sign-in/password", {"email": email, "password": "Une autre phrase 8"})
        for email in (client["email"], "nobody@example.org")
    ]
    first, second = ({**answer.json(), "instance": ""} for answer in answers)
    assert answers[0].status_code == answers[1].status_code == 401
    assert first == second


def test_an_invitation_is_spent_once_the_password_is_set(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    first, second = platform.invitation(client), platform.invitation(client)
    challenge = platform.asked(client, first)
    setup = platform.post(f"/sign-in/codes/{challenge}/answer", {"code": platform.code(client)}).json()
    body = {"setup_token": setup["setup_token"], "password": PASSWORD}
    assert platform.call("PUT", "/password", json=body).status_code == 204
    assert platform.call("PUT", "/password", json=body).status_code == 410
    for invitation in (first, second):
        spent = platform.post("/sign-in/codes", {"email": client["email"], "invitation": invitation})
        assert (spent.status_code, spent.json()["code"]) == (410, "link-spent")
    assert [one["cause"] for one in platform.events("sign-in-refused")] == ["invitation-spent"] * 2


def test_an_altered_or_old_invitation_opens_nothing(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    invitation = platform.invitation(client)
    altered = invitation[:-1] + ("A" if invitation[-1] != "A" else "B")
    assert platform.post("/sign-in/codes", {"email": client["email"], "invitation": altered}).status_code == 404
    platform.sql("UPDATE identity.token SET expires_at = now() - interval '1 second'")
    old = platform.post("/sign-in/codes", {"email": client["email"], "invitation": invitation})
    assert old.status_code == 410
    assert platform.sms.admin.get("/messages").json() == []


def test_a_client_who_has_a_password_is_sent_to_the_sign_in_page(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    letter = platform.service.post(
        "/internal/invitations", json={"person_id": client["id"], "office_id": str(platform.office_id)}
    ).json()
    assert letter["url"] == "http://scelle.localhost:8080/connexion"
    assert len(platform.events("client-invited")) == 1


@pytest.mark.covers("L-51")
@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("Court 1", 422),
        ("toutes en minuscules 1", 422),
        ("Password123456", 422),
        (" " * 20, 422),
        ("A1a" * 43, 422),
        ("A1a" + "x" * 1_000_000, 413),
        ("Une\x00phrase longue 7", 400),
        ("Une\x07phrase longue 7", 422),
        ("Une phrase de\u0301composée 7", 204),
    ],
)
def test_a_password_meets_the_rules_or_the_token_stays_good(platform: Any, password: str, status: int) -> None:
    client = platform.new_client(platform.notary())
    challenge = platform.asked(client, platform.invitation(client))
    setup = platform.post(f"/sign-in/codes/{challenge}/answer", {"code": platform.code(client)}).json()
    body = {"setup_token": setup["setup_token"]}
    assert platform.call("PUT", "/password", json=body | {"password": password}).status_code == status
    if status == 204:
        platform.client_session(client, "Une phrase décomposée 7")
    else:
        assert platform.call("PUT", "/password", json=body | {"password": PASSWORD}).status_code == 204


def test_people_who_share_an_address_sign_in_each_with_their_own_password(platform: Any) -> None:
    notary = platform.notary()
    couple = [platform.new_client(notary, email="famille@example.org") for _ in range(2)]
    for number, client in enumerate(couple):
        platform.with_password(client, f"{PASSWORD}{number}")
    for number, client in enumerate(couple):
        session = platform.client_session(client, f"{PASSWORD}{number}")
        assert platform.call("GET", "/me", session["access_token"]).json()["id"] == client["id"]


def test_nothing_secret_is_in_the_database_or_in_events_in_clear(platform: Any) -> None:
    client = platform.new_client(platform.notary(), last_name="Introuvable")
    invitation = platform.invitation(client)
    platform.asked(client, invitation)
    code = platform.code(client)
    platform.post("/sign-in/password", {"email": client["email"], "password": PASSWORD})
    tables = platform.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'identity'")
    held = "".join(str(platform.sql(f"SELECT * FROM identity.{name}")) for (name,) in tables)
    for secret in (invitation, code, client["email"], "Introuvable", "+336"):
        assert secret not in held
    states = b"".join(bytes(state) for (state,) in platform.sql("SELECT state FROM ledger.stored_events"))
    for secret in (invitation, client["email"], "Introuvable", "+336"):
        assert secret.encode() not in states


def test_password_tries_are_capped_by_address_for_known_and_unknown_people(start: Any) -> None:
    platform = start(passwords_per_email_hour="3")
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    for email in (client["email"], "nobody@example.org"):
        statuses = [
            platform.post("/sign-in/password", {"email": email, "password": "Une autre phrase 8"}).status_code
            for _ in range(4)
        ]
        assert statuses == [401, 401, 401, 429]
    right = platform.post("/sign-in/password", {"email": client["email"], "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0
