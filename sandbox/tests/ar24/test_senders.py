from typing import Any

import pytest

NEW = {
    "firstname": "Paul",
    "lastname": "Durand",
    "email": "paul@office.fr",
    "address1": "1 rue A",
    "city": "PARIS",
    "zipcode": "75001",
    "country": "FR",
    "statut": "particulier",
    "gender": "M",
    "password": "x",
}
COMPANY = {"statut": "professionnel", "company_siret": "12345678901234", "company_tva": "FR123"}


def test_an_account_is_opened_and_lacks_everything_that_lets_it_send(ar24: Any) -> None:
    made = ar24.done("POST", "user", NEW)
    assert (made["confirmed"], made["cgu"], made["payment_active"]) == (0, 0, 0)
    assert "is_identity_verified" not in made
    number = int(made["id"])
    wanted = [
        ("user_account_not_confirmed", {"confirmed": True}),
        ("user_eula_not_accepted", {"terms": True}),
        ("user_no_payment", {"payments": [{"slug": "stripe-1", "label": "A", "masked": "*1"}]}),
    ]
    for slug, cure in wanted:
        assert ar24.slug("POST", "mail", ar24.letter_to(number)) == slug
        ar24.admin("PATCH", f"/senders/{number}", cure)
    assert ar24.letter(number)["status"] == "waiting"
    assert ar24.slug("POST", "mail", ar24.letter_to(number, eidas=1)) == "authentication_missing"


def test_a_sender_without_a_name_may_not_send(ar24: Any) -> None:
    sender = ar24.sender(firstname="")
    assert ar24.slug("POST", "mail", ar24.letter_to(sender)) == "user_name_empty"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        *(({name: ""}, f"missing_{said}") for name, said in [
            ("firstname", "firstname"), ("lastname", "lastname"), ("email", "email"), ("address1", "address"),
            ("city", "city"), ("zipcode", "zipcode"), ("country", "country"),
        ]),
        ({"email": "paul"}, "email_wrong_format"),
        ({"country": "France"}, "error_country"),
        ({"gender": "X"}, "error_gender"),
        ({**COMPANY, "company_siret": ""}, "missing_company_siret"),
        ({**COMPANY, "company_siret": "1"}, "error_company_siret"),
        ({**COMPANY, "country": "BE", "company_tva": ""}, "missing_company_tva"),
    ],
)  # fmt: skip
def test_what_an_account_lacks_is_said(ar24: Any, changes: dict[str, str], slug: str) -> None:
    assert ar24.slug("POST", "user", NEW | changes) == slug


def test_an_address_has_one_account(ar24: Any) -> None:
    ar24.done("POST", "user", NEW | COMPANY)
    assert ar24.slug("POST", "user", NEW) == "user_already_exist"


def test_an_existing_account_lets_an_application_in_by_the_link_of_a_mail(ar24: Any) -> None:
    ar24.sender(linked=False)
    asked = {"email": "marie@office.fr"}
    assert ar24.slug("GET", "user", asked) == "user_unavailable"
    assert ar24.slug("POST", "user/request_access", {"email": "nobody@office.fr"}) == "user_not_exist"
    ar24.done("POST", "user/request_access", asked)
    [mail] = ar24.admin("GET", "/mails?to=marie@office.fr")
    [link] = mail["links"]
    assert link.startswith("http://ar24.test/fr/page/acceptrequest/")
    assert ar24.http("GET", link + "0").status_code == 404
    assert ar24.slug("GET", "user", asked) == "user_unavailable"
    assert ar24.http("GET", link).status_code == 200
    assert ar24.done("GET", "user", asked)["email"] == "marie@office.fr"
    assert ar24.http("GET", link).status_code == 404


def test_an_admin_may_follow_the_link_or_take_the_access_back(ar24: Any) -> None:
    sender = ar24.sender(linked=False)
    assert ar24.refused("POST", f"/senders/{sender}/accept-access") == 409
    ar24.done("POST", "user/request_access", {"email": "marie@office.fr"})
    ar24.admin("POST", f"/senders/{sender}/accept-access")
    assert ar24.letter(sender)["id"]
    ar24.admin("POST", f"/senders/{sender}/revoke-access")
    assert ar24.slug("POST", "mail", ar24.letter_to(sender)) == "user_unavailable"


def test_accounts_are_listed_by_pages(ar24: Any) -> None:
    numbers = [str(ar24.sender(f"s{index}@office.fr")) for index in range(3)]
    ar24.sender("other@office.fr", linked=False)
    listed = ar24.done("GET", "user/list", {"max": 2, "start": 1, "sort": "DESC"})["users"]
    assert [one["id"] for one in listed] == [numbers[1], numbers[0]]


@pytest.mark.parametrize("route", [("user/identity", "id_user"), ("user/verify", "id_user_to_verify")])
def test_a_key_comes_by_post_days_after_it_is_ordered(ar24: Any, route: tuple[str, str]) -> None:
    sender = ar24.sender(credential="none")
    path, name = route
    ar24.done("POST", path, {name: sender})
    assert "is_identity_verified" not in ar24.done("GET", "user", {"id_user": sender})
    ar24.advance(4 * 86400)
    assert ar24.done("GET", "user", {"id_user": sender})["is_identity_verified"] == 1


def test_a_code_stands_for_its_sender_for_an_hour(ar24: Any) -> None:
    sender = ar24.sender()
    asked = {"id_user": sender, "otp": ar24.code(sender)}
    ar24.at("2026-10-24 12:00:00")
    granted = ar24.done("POST", "user/auth_otp", asked)
    assert granted["expiration_date"] == "2026-10-24 13:00:00"
    hashed = {"eidas": 1, "auth_otp_hash": granted["hash"]}
    assert ar24.letter(sender, **hashed)["status"] == "waiting"
    other = ar24.sender("other@office.fr")
    assert ar24.slug("POST", "mail", ar24.letter_to(other, **hashed)) == "authentication_otp_hash_invalid"
    ar24.advance(3600)
    assert ar24.slug("POST", "mail", ar24.letter_to(sender, **hashed)) == "authentication_otp_hash_invalid"


def test_a_code_is_its_senders_alone(ar24: Any) -> None:
    sender, other = ar24.sender(), ar24.sender("other@office.fr")
    code = ar24.code(sender)
    assert code != ar24.code(other)
    assert ar24.slug("POST", "user/auth_otp", {"id_user": other, "otp": code}) == "authentication_otp_invalid"
    assert ar24.slug("POST", "user/auth_otp", {"id_user": sender}) == "authentication_otp_invalid"


def test_a_code_may_count_once(ar24: Any) -> None:
    sender = ar24.sender()
    asked = {"id_user": sender, "otp": ar24.code(sender)}
    ar24.done("POST", "user/auth_otp", asked)
    ar24.done("POST", "user/auth_otp", asked)
    ar24.admin("PUT", "/assumptions", {"otp_reuse": False})
    assert ar24.slug("POST", "user/auth_otp", asked) == "authentication_otp_invalid"


def test_a_way_to_pay_is_asked_for_by_mail_or_by_link_and_listed(ar24: Any) -> None:
    sender = ar24.sender()
    assert ar24.done("POST", "user/payment_request", {"id_user": sender, "get_link": 1})["link"].startswith("http")
    ar24.done("POST", "user/payment_request", {"id_user": sender})
    ar24.done("POST", "user/request_cgu", {"id_user": sender})
    subjects = [mail["subject"] for mail in ar24.admin("GET", "/mails?to=marie@office.fr")]
    assert subjects == ["Ajoutez un moyen de paiement", "Acceptez les conditions générales"]
    slugs = [one["slug"] for one in ar24.done("GET", "user/payment", {"id_user": sender})["payments"]]
    assert slugs == ["stripe-47146", "gocardless-18178"]


def test_consents_are_asked_for_answered_and_lapse(ar24: Any) -> None:
    sender = ar24.sender()
    for name in ("a", "b", "c"):
        ar24.done("POST", "user/consent", {"id_user": sender, "email": f"{name}@client.fr", "lastname": "X"})
    ar24.admin("PUT", "/consents", {"sender_id": sender, "email": "a@client.fr", "state": "accepted"})
    ar24.admin("PUT", "/consents", {"sender_id": sender, "email": "b@client.fr", "state": "refused"})
    ar24.advance(8 * 86400)
    listed = ar24.done("GET", "user/consent", {"id_user": sender})["consents"]
    assert [one["status"] for one in listed] == ["accepted", "refused", "expired"]
    assert ar24.done("GET", "user/consent_link", {"id_user": sender})["link"].startswith("http")
    assert ar24.slug("POST", "user/consent", {"id_user": sender, "email": "nobody"}) == "invalid_recipient"


def test_a_route_that_is_only_believed_to_exist_can_be_taken_away_or_renamed(ar24: Any) -> None:
    sender = ar24.sender()
    ar24.admin("PUT", "/assumptions", {"payment_route": "", "consent_link_route": "/consent/link"})
    assert ar24.raw("GET", "user/payment", {"id_user": sender}).status_code == 404
    assert ar24.done("GET", "consent/link", {"id_user": sender})
