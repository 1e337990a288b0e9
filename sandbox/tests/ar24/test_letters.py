from typing import Any

import pytest

FILE = ("a.pdf", b"%PDF-1.7 piece", "application/pdf")


def upload(ar24: Any, sender: int, file: tuple[str, bytes, str] = FILE, **fields: Any) -> str:
    return str(ar24.done("POST", "attachment", {"id_user": sender, **fields}, files={"file": file})["file_id"])


def test_a_letter_with_files_is_taken_in_and_shown(ar24: Any) -> None:
    sender = ar24.sender()
    first, second = upload(ar24, sender), upload(ar24, sender, file_name="plan.pdf")
    given = {"attachment[0]": first, "attachment[1]": second, "ref_dossier": "D", "ref_client": "C", "eidas": 0}
    letter = ar24.letter(sender, **given, ref_facturation="F", payment_slug="gocardless-18178")
    assert (letter["status"], letter["type"], letter["is_eidas"], letter["send_fail"]) == ("waiting", "lre", 0, 0)
    assert (letter["ref_dossier"], letter["ref_client"], letter["payment_slug"]) == ("D", "C", "gocardless-18178")
    assert letter["attachments"] == [int(first), int(second)]
    assert [one["name"] for one in letter["attachments_details"]] == ["a.pdf", "plan.pdf"]
    listed = ar24.done("GET", "attachment", {"id": letter["id"]})["attachments"]
    assert [one["id_api_attachment"] for one in listed] == [int(first), int(second)]
    mine = ar24.done("GET", "user/attachment", {"id_user": sender, "max": 1})["attachments"]
    assert [one["filename"] for one in mine] == ["a.pdf"]
    link = letter["attachments_details"][0]["download_url"]
    assert ar24.http("GET", link).content == FILE[1]


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"id_user": ""}, "missing_user_id"),
        ({"id_user": 7}, "user_not_exist"),
        ({"to_email": ""}, "missing_email"),
        ({"to_email": "denise"}, "invalid_recipient"),
        ({"to_email": "denise@nowhere.invalid"}, "invalid_email"),
        ({"to_email": "Marie@office.fr"}, "same_sender_recipients_emails"),
        ({"to_lastname": ""}, "missing_lastname"),
        ({"to_firstname": ""}, "missing_firstname"),
        ({"dest_statut": "ami"}, "invalid_recipient"),
        ({"dest_statut": "professionnel"}, "missing_company"),
        ({"id_group": 3}, "group_not_exist"),
        ({"payment_slug": "stripe-0"}, "user_no_payment"),
        ({"content": ""}, "error_no_content_no_attachment"),
        ({"content": "x" * 20_001}, "content_exceeds_limit"),
        ({"content": "<script>x</script>"}, "forbidden_html"),
        ({"content": '<p onclick="x">'}, "forbidden_html"),
        ({"content": '<img src="https://x/y.png">'}, "forbidden_html"),
        ({"attachment[0]": 7}, "attachment_not_exists"),
        ({"eidas": 1, "otp": "000000x"}, "authentication_otp_invalid"),
        ({"eidas": 1, "auth_otp_hash": "x"}, "authentication_otp_hash_invalid"),
    ],
)
def test_what_is_wrong_with_a_letter_is_said_and_nothing_is_kept(ar24: Any, changes: dict[str, Any], slug: str) -> None:
    sender = ar24.sender()
    assert ar24.slug("POST", "mail", ar24.letter_to(sender) | changes) == slug
    assert ar24.admin("GET", "/letters") == []


def test_an_embedded_image_is_allowed_and_a_company_makes_a_professional(ar24: Any) -> None:
    content = '<p>A</p><img src="data:image/png;base64,AA==">'
    letter = ar24.letter(ar24.sender(), content=content, dest_statut="professionnel", to_company="Doe Corp")
    assert (letter["to_name"], letter["dest_statut"]) == ("Doe Corp Denise ALOXE", "professionnel")


def test_files_are_refused_that_are_empty_nameless_too_big_or_somebody_elses(ar24: Any) -> None:
    sender, other = ar24.sender(), ar24.sender("other@office.fr")
    asked = {"id_user": sender}
    assert ar24.slug("POST", "attachment", asked) == "attachment_missing_file"
    empty = {"file": ("a.pdf", b"", "application/pdf")}
    assert ar24.slug("POST", "attachment", asked, files=empty) == "attachment_too_big"
    number = upload(ar24, other)
    assert ar24.slug("POST", "mail", ar24.letter_to(sender) | {"attachment[]": number}) == "attachment_unavailable"
    ar24.admin("PUT", "/assumptions", {"max_total_bytes": 20})
    two = {"attachment[0]": upload(ar24, sender), "attachment[1]": upload(ar24, sender)}
    assert ar24.slug("POST", "mail", ar24.letter_to(sender) | two) == "attachment_too_big"


def test_a_qualified_letter_without_its_sender_waits_or_is_refused(ar24: Any) -> None:
    sender = ar24.sender()
    assert ar24.letter(sender, eidas=1)["status"] == "to_valid"
    assert ar24.letter(sender, eidas=1, otp=ar24.code(sender))["status"] == "waiting"
    ar24.admin("PUT", "/assumptions", {"unauth_eidas": "error"})
    assert ar24.slug("POST", "mail", ar24.letter_to(sender, eidas=1)) == "authentication_missing"


def test_one_code_releases_the_letters_that_are_ticked_and_a_wrong_one_none(ar24: Any) -> None:
    sender = ar24.sender()
    numbers = [ar24.letter(sender, eidas=1)["id"] for _ in range(5)]
    ticked = {"id_user": sender, **{f"mail[{index}]": one for index, one in enumerate(numbers[:3])}}
    assert ar24.slug("POST", "mail/validate", ticked | {"otp": "12345"}) == "authentication_otp_invalid"
    assert ar24.slug("POST", "mail/validate", ticked) == "authentication_missing"
    assert {ar24.read(one)["status"] for one in numbers} == {"to_valid"}
    done = ar24.done("POST", "mail/validate", ticked | {"otp": ar24.code(sender), "mail[3]": 7})
    assert [one["status"] for one in done["mails"]] == ["SUCCESS"] * 3 + ["ERROR"]
    assert [ar24.read(one)["status"] for one in numbers] == ["waiting"] * 3 + ["to_valid"] * 2
    again = ar24.done("POST", "mail/validate", ticked | {"otp": ar24.code(sender)})
    assert {one["slug"] for one in again["mails"]} == {"mail_not_to_valid"}


def test_a_draft_may_be_cancelled_or_lapse_and_is_then_not_valided(ar24: Any) -> None:
    ar24.admin("PUT", "/assumptions", {"draft_lifetime_s": 3600})
    sender = ar24.sender()
    dropped, lapsed = (ar24.letter(sender, eidas=1)["id"] for _ in range(2))
    assert ar24.done("POST", "mail/cancel", {"id": dropped})["status"] == "not_valided"
    ar24.advance(3600)
    assert ar24.read(lapsed)["status"] == "not_valided"
    assert ar24.slug("POST", "mail/cancel", {"id": lapsed}) == "mail_not_cancellable"


def test_letters_are_listed_by_number_or_by_sender_with_filters(ar24: Any) -> None:
    sender, other = ar24.sender(), ar24.sender("other@office.fr")
    a, b = ar24.letter(sender, ref_client="A")["id"], ar24.letter(sender, ref_client="B", eidas=1)["id"]
    c = ar24.letter(other)["id"]

    def seen(**fields: Any) -> list[int]:
        return [one["id"] for one in ar24.done("GET", "user/mail", fields)]

    assert seen(**{"mail[0]": c, "mail[1]": a, "mail[2]": 7}) == [c, a]
    assert seen(id_user=sender) == [a, b]
    assert seen(id_user=sender, sort="DESC", max=1) == [b]
    assert seen(id_user=sender, ref_client="A") == [a]
    assert seen(id_user=sender, status="to_valid") == [b]
    assert seen(id_user=sender, date_to="2001-01-01") == []
    ar24.admin("POST", f"/senders/{other}/revoke-access")
    assert seen(**{"mail[0]": c, "mail[1]": a}) == [a]
    assert ar24.slug("GET", "mail", {"id": c}) == "user_unavailable"
    assert ar24.slug("GET", "mail", {"id": 7}) == "missing_erm_id"


def test_a_new_letter_may_be_missing_from_lists_for_a_while(ar24: Any) -> None:
    ar24.admin("PUT", "/faults", {"list_lag_s": 300})
    sender = ar24.sender()
    ar24.letter(sender)
    assert ar24.done("GET", "user/mail", {"id_user": sender}) == []
    ar24.advance(301)
    assert len(ar24.done("GET", "user/mail", {"id_user": sender})) == 1


def test_the_test_platform_takes_a_hundred_letters_in_a_day(ar24: Any) -> None:
    ar24.admin("PUT", "/faults", {"send_cap": 2})
    sender = ar24.sender()
    ar24.letter(sender)
    ar24.letter(sender)
    assert ar24.slug("POST", "mail", ar24.letter_to(sender)) == "send_cap_reached"
    ar24.advance(86401)
    assert ar24.letter(sender)["id"]


def test_a_notice_names_its_sender_and_a_paper_letter_has_an_address(ar24: Any) -> None:
    sender = ar24.sender()
    notice = ar24.letter(sender, type="syndic_n")
    address = {"address1": "1 rue B", "zipcode": "69001", "city": "LYON", "color": 1}
    paper = ar24.done("POST", "paper", ar24.letter_to(sender, "") | address)
    assert (notice["type"], paper["type"]) == ("syndic_n", "paper")
    assert ar24.slug("POST", "paper", ar24.letter_to(sender) | address | {"city": ""}) == "missing_city"
    ar24.advance(10)
    [mail] = ar24.admin("GET", "/mails?to=accept@client.fr")
    assert "Étude Dupont" in mail["subject"]


def test_new_fields_and_unknown_words_may_appear(ar24: Any) -> None:
    number = ar24.letter(ar24.sender())["id"]
    ar24.admin("PUT", "/faults", {"extra_fields": True, "unknown_status": "teleported"})
    assert ar24.read(number)["status"] == "teleported"
    assert "added_without_notice" in ar24.read(number)
