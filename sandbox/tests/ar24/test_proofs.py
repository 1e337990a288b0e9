import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

SENT = "2026-05-04 10:00:00"
FACTS = {
    "accept": ("proof_ar_url", "Preuve de réception"),
    "refuse": ("proof_rf_url", "Preuve de refus"),
    "neglect": ("proof_ng_url", "Preuve de non-réclamation"),
    "bounce": ("proof_bc_url", "Preuve de non-remise"),
}


def words(pdf: bytes) -> str:
    """Return the text of the first page: the fonts are the standard ones, so its bytes are the letters."""
    page = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    return page["/Contents"].data.decode("cp1252").replace("\\(", "(").replace("\\)", ")")


def checked(ar24: Any, pdf: bytes) -> PdfSignatureStatus:
    *_, root = (x509.Certificate.load(der) for _, _, der in pem.unarmor(chain(ar24), multiple=True))
    [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trust = ValidationContext(trust_roots=[root], moment=datetime(2026, 6, 1, tzinfo=UTC))
    return validate_pdf_signature(signature, trust, trust)


def chain(ar24: Any) -> bytes:
    return bytes((ar24.world.folder / "seal" / "chain.pem").read_bytes())


def sent(ar24: Any, **given: Any) -> int:
    ar24.at(SENT)
    sender = ar24.sender()
    number = ar24.letter(sender, "denise@client.fr", ref_dossier="D-1", **given)["id"]
    ar24.acts(number, "notify")
    return int(number)


@pytest.mark.covers("A-73")
@pytest.mark.parametrize("verb", FACTS)
def test_a_proof_says_what_the_law_asks_and_is_sealed_at_its_instant(ar24: Any, verb: str) -> None:
    number = sent(ar24)
    ar24.acts(number, verb)
    field, title = FACTS[verb]
    pdf = ar24.http("GET", ar24.read(number)[field]).content
    text = words(pdf)
    wanted = [
        *(title, "Étude Dupont Marie Dupont", "marie@office.fr", "Denise ALOXE", "denise@client.fr"),
        *(str(number), "04/05/2026 10:00:0", "D-1", "SANDBOX, sans valeur légale"),
    ]
    assert [word for word in wanted if word not in text] == []
    status = checked(ar24, pdf)
    assert status.bottom_line
    assert status.timestamp_validity.timestamp.astimezone(UTC).strftime("%Y-%m-%d %H:%M") == "2026-05-04 08:00"


def test_only_a_qualified_letter_is_called_one(ar24: Any) -> None:
    sender = ar24.sender("a@office.fr")
    names = {}
    for name, given in {
        "lre": {"eidas": 1, "otp": ar24.code(sender)},
        "simple": {},
        "notice": {"type": "syndic_n"},
    }.items():
        number = ar24.letter(sender, **given)["id"]
        ar24.acts(number, "notify")
        names[name] = words(ar24.http("GET", ar24.read(number)["proof_ev_url"]).content)
    assert "Lettre recommandée électronique" in names["lre"]
    assert "ecommand" not in names["simple"] + names["notice"]


def test_a_proof_is_the_same_bytes_every_time_and_an_altered_one_is_seen(ar24: Any) -> None:
    url = ar24.read(sent(ar24))["proof_ev_url"]
    first = ar24.http("GET", url).content
    assert ar24.http("GET", url).content == first
    ar24.admin("PUT", "/faults", {"proofs_altered": True})
    altered = ar24.http("GET", url).content
    assert altered != first
    assert not checked(ar24, altered).bottom_line


def test_the_archive_holds_the_content_the_files_and_the_proofs(ar24: Any) -> None:
    ar24.at(SENT)
    sender = ar24.sender()
    file = {"file": ("plan.pdf", b"%PDF plan", "application/pdf")}
    given = ar24.done("POST", "attachment", {"id_user": sender}, files=file)["file_id"]
    number = ar24.letter(sender, **{"attachment[0]": given})["id"]
    ar24.acts(number, "notify")
    ar24.acts(number, "accept")
    letter = ar24.read(number)
    inside = zipfile.ZipFile(io.BytesIO(ar24.http("GET", letter["zip"]).content))
    names = {f"contenu-{number}.pdf", f"pieces/{given}-plan.pdf", f"preuve-ev-{number}.pdf", f"preuve-ar-{number}.pdf"}
    assert set(inside.namelist()) == names
    assert inside.read(f"pieces/{given}-plan.pdf") == b"%PDF plan"
    assert inside.read(f"contenu-{number}.pdf") == ar24.http("GET", letter["pdf_content"]).content
    assert "Convocation" in words(inside.read(f"contenu-{number}.pdf"))


def test_the_address_of_a_proof_may_expire_and_is_then_read_anew(ar24: Any) -> None:
    number = sent(ar24)
    old = ar24.read(number)["proof_ev_url"]
    ar24.admin("PUT", "/faults", {"proof_urls_generation": 1})
    assert ar24.http("GET", old).status_code == 403
    assert ar24.http("GET", ar24.read(number)["proof_ev_url"]).status_code == 200
    assert ar24.http("GET", old.split("?")[0]).status_code == 403


def test_a_proof_may_come_later_than_its_fact_and_be_purged(ar24: Any) -> None:
    ar24.admin("PUT", "/faults", {"proof_delay_s": 600})
    number = sent(ar24)
    letter = ar24.read(number)
    assert letter["ts_ev_date"]
    assert letter["proof_ev_url"] is None
    ar24.advance(600)
    url = ar24.read(number)["proof_ev_url"]
    assert ar24.http("GET", url).status_code == 200
    assert ar24.http("GET", url.replace("/ev-", "/ar-")).status_code == 404
    assert ar24.http("GET", url.replace("/ev-", "/xx-")).status_code == 404
    ar24.admin("PUT", "/faults", {"proofs_purged": True})
    assert ar24.http("GET", url).status_code == 410


def test_a_name_of_any_alphabet_can_be_printed(ar24: Any) -> None:
    number = ar24.letter(ar24.sender(), to_lastname="Œuvrard Łukasz 李 (x)", content="a &amp; b<br>c")["id"]
    ar24.acts(number, "notify")
    text = words(ar24.http("GET", ar24.read(number)["proof_ev_url"]).content)
    assert "Œuvrard ?ukasz ? (x)" in text
