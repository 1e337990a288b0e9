import statistics
import time
from typing import Any
from uuid import uuid4

import pytest
from identity.application.register_office import register_office

OTHER_NOTARY = ("hugo.lambert@notaires.fr", "Notaire-demo-2")
PASSWORD = "Une longue phrase 7"
WRONG = "Une autre phrase 8"


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
        argon2_memory_kib="16384",
        argon2_passes="2",
        passwords_per_email_hour="100",
        passwords_per_email_and_ip_hour="100",
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
    assert 0.5 < known / unknown < 2  # without the hash it would be a fifth
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
    assert 0.4 < known / unknown < 2.5


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


@pytest.mark.bad_input("B36")
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


@pytest.mark.bad_input("B36")
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


@pytest.mark.bad_input("B31")
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


def enter(platform: Any, email: str, password: str = WRONG, ip: str = "192.0.2.1") -> Any:
    body = {"email": email, "password": password}
    return platform.post("/sign-in/password", body, headers={"X-Forwarded-For": ip})


def test_password_tries_from_one_place_are_capped_for_known_and_unknown_people(start: Any) -> None:
    platform = start(passwords_per_email_and_ip_hour="3")
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    for email in (client["email"], "nobody@example.org"):
        assert [enter(platform, email).status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = enter(platform, client["email"], PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-attempts")
    assert 3500 < int(refused.headers["Retry-After"]) == refused.json()["retry_after"] <= 3600
    assert "`retry_after` seconds" in refused.json()["detail"]


def test_wrong_passwords_from_elsewhere_slow_the_owner_by_seconds_and_shut_nobody_out(start: Any) -> None:
    platform = start(passwords_per_email_hour="12")
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    for number in range(12):
        assert enter(platform, client["email"], ip=f"198.51.100.{number}").status_code == 401
    slowed = enter(platform, client["email"], PASSWORD)
    assert slowed.status_code == 429
    assert 1 <= slowed.json()["retry_after"] <= 2
    platform.sql("UPDATE identity.attempt SET at = at - interval '2 seconds'")
    assert enter(platform, client["email"], PASSWORD).status_code == 200


def test_the_addresses_of_one_ipv6_subscriber_are_one_place(start: Any) -> None:
    platform = start(passwords_per_email_and_ip_hour="2")
    statuses = [enter(platform, "nobody@example.org", ip=f"2001:db8:1:2::{number}").status_code for number in range(3)]
    assert statuses == [401, 401, 429]
    assert enter(platform, "nobody@example.org", ip="2001:db8:1:3::1").status_code == 401


def test_another_office_that_names_the_same_address_shuts_nobody_out(platform: Any) -> None:
    register_office(platform.identity.store, "69999", "Étude Lambert")
    notary, other = platform.notary(), platform.notary(OTHER_NOTARY)
    client = platform.new_client(notary, email="jeanne@example.org")
    platform.with_password(client)
    for _ in range(30):
        platform.new_client(other, email="jeanne@example.org")
    assert platform.client_session(client)["access_token"]


def test_clients_with_a_password_whose_address_was_changed_to_anothers_come_after_the_owner(platform: Any) -> None:
    other_office = register_office(platform.identity.store, "69999", "Étude Lambert")
    notary, other = platform.notary(), platform.notary(OTHER_NOTARY)
    strangers = [platform.new_client(other) for _ in range(9)]
    platform.office_id, own_office = other_office, platform.office_id
    for stranger in strangers:
        platform.with_password(stranger)
        changed = platform.call("PATCH", f"/clients/{stranger['id']}", other, json={"email": "jeanne@example.org"})
        assert changed.status_code == 204
    platform.office_id = own_office
    client = platform.new_client(notary, email="jeanne@example.org")
    platform.with_password(client)
    assert platform.sql("SELECT id::text FROM read.person WHERE kind = 'client' AND email_confirmed") == [
        (client["id"],)
    ]
    assert platform.client_session(client)["access_token"]


def test_a_link_that_went_to_an_older_address_opens_nothing(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary)
    invitation, setup = platform.invitation(client), platform.setup(client)
    platform.call("PATCH", f"/clients/{client['id']}", notary, json={"email": "correct@example.org"})
    asked = platform.post("/sign-in/codes", {"email": "correct@example.org", "invitation": invitation})
    assert (asked.status_code, asked.json()["code"]) == (410, "link-spent")
    assert platform.call("PUT", "/password", json={"setup_token": setup, "password": PASSWORD}).status_code == 410


def test_another_link_does_not_use_up_the_codes_of_somebody_elses_address(start: Any) -> None:
    platform = start(code_resend_seconds="0", codes_per_hour="2")
    notary = platform.notary()
    client, stranger = platform.new_client(notary), platform.new_client(notary)
    own, others = platform.invitation(client), platform.invitation(stranger)
    challenge = platform.asked(client, own)
    for _ in range(3):
        platform.post("/sign-in/codes", {"email": client["email"], "invitation": others})
    answer = platform.post(f"/sign-in/codes/{challenge}/answer", {"code": platform.code(client)})
    assert answer.status_code == 200


def test_a_code_is_asked_for_with_a_link(platform: Any) -> None:
    refused = platform.post("/sign-in/codes", {"email": "jeanne@example.org"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/invitation")


def test_a_client_who_lost_the_password_chooses_another_by_a_new_link(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    before = len(platform.events("client-invited"))
    answers = [platform.post("/access-links", {"email": email}) for email in (client["email"], "nobody@example.org")]
    assert [(one.status_code, one.content) for one in answers] == [(202, b"")] * 2
    again = platform.invited(before + 1)[-1]
    assert (str(again["person_id"]), str(again["office_id"])) == (client["id"], str(platform.office_id))

    ids = {"person_id": client["id"], "office_id": str(platform.office_id)}
    letter = platform.service.post("/internal/access-links", json=ids)
    assert letter.status_code == 200, letter.text
    assert len(platform.events("client-invited")) == before + 1
    invitation = letter.json()["url"].partition("invitation=")[2]
    challenge = platform.asked(client, invitation)
    setup = platform.post(f"/sign-in/codes/{challenge}/answer", {"code": platform.code(client, 2)}).json()
    body = {"setup_token": setup["setup_token"], "password": "Une phrase toute neuve 9"}
    assert platform.call("PUT", "/password", json=body).status_code == 204
    assert platform.client_session(client, "Une phrase toute neuve 9", nth=3)["access_token"]
    assert enter(platform, client["email"], PASSWORD).status_code == 401


def test_an_access_link_is_for_the_clients_of_the_office_and_good_for_a_day(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    foreign = {"person_id": client["id"], "office_id": str(uuid4())}
    assert platform.service.post("/internal/access-links", json=foreign).status_code == 404
    ids = {"person_id": client["id"], "office_id": str(platform.office_id)}
    assert platform.http.post("/internal/access-links", json=ids).status_code == 401
    platform.service.post("/internal/access-links", json=ids)
    assert platform.sql("SELECT expires_at < now() + interval '25 hours' FROM identity.token") == [(True,)]


def test_links_are_capped_by_address_and_by_ip_for_known_and_unknown_people(start: Any) -> None:
    platform = start(access_links_per_ip_hour="7")
    client = platform.new_client(platform.notary())
    for email in (client["email"], "nobody@example.org"):
        statuses = [platform.post("/access-links", {"email": email}).status_code for _ in range(4)]
        assert statuses == [202, 202, 202, 429]
    assert platform.post("/access-links", {"email": "a@example.org"}).status_code == 202
    assert platform.post("/access-links", {"email": "b@example.org"}).status_code == 429
    assert len(platform.invited(3)) == 3


def test_a_link_that_was_never_made_says_where_to_get_one(platform: Any) -> None:
    answers = [
        platform.post("/sign-in/codes", {"email": "jeanne@example.org", "invitation": "x"}),
        platform.call("PUT", "/password", json={"setup_token": "x", "password": PASSWORD}),
        platform.post("/email-confirmations", {"token": "x"}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "link-unknown")
        assert answer.json()["detail"].endswith("ask the office for a new one.")
