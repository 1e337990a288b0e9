"""What became of an e-mail after the mail server took it: reports, by the route of the mail gateway."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contracts import envelope_of, fact
from contracts.examples import CLIENT, DOSSIER, NOTARY
from eventstore import rebuild
from messaging import wiring
from messaging.adapters.dsn import MAX_BYTES
from testkit.serving import serving

REPORT = """\
From: mailer-daemon@mx.example
To: bounces+{id}@scelle.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

jeanne@example.org: user unknown, says mx.example
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Original-Envelope-Id: {id}

Final-Recipient: rfc822; jeanne@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 jeanne@example.org: no such user
--b
Content-Type: text/rfc822-headers

To: jeanne@example.org
Subject: secret
--b--
"""
Report = Callable[..., httpx.Response]


def written(mail_id: UUID, action: str = "failed", status: str = "5.1.1") -> str:
    return REPORT.format(id=mail_id.hex, action=action, status=status)


@pytest.fixture
def report(api: httpx.Client, bearer: str) -> Report:
    def send(body: str | bytes, **headers: str) -> httpx.Response:
        given = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {bearer}"}
        content = body.encode() if isinstance(body, str) else body
        return api.post("/delivery-reports", content=content, headers=given | headers)

    return send


@pytest.fixture
def mail_id(world: Any) -> UUID:
    """Send an e-mail; return the id by which reports name it."""
    world.tell("dossier.document-refused")
    world.sending.send_due()
    (row,) = world.rows()
    assert row["state"] == "sent"
    return row["envelope_id"]


def became(world: Any) -> list[tuple[str, str | None]]:
    return [(row["state"], row["cause"]) for row in world.rows() if row["channel"] == "email"]


def test_each_e_mail_has_a_return_address_of_its_own_and_asks_for_reports(mail_id: UUID, mailbox: Any) -> None:
    (mail,) = mailbox.received()
    assert mail["sender"] == f"bounces+{mail_id.hex}@scelle.example"
    assert mail["envelope_id"].lower() == mail_id.hex
    assert mail["notify"] == ["success", "failure"]
    assert mail["from"] == "Scellé <ne-pas-repondre@scelle.example>"


def test_what_came_back_is_known_by_its_code_alone(world: Any, mail_id: UUID, report: Report) -> None:
    before = len(world.store.read(0, 100))
    for _ in range(2):
        answer = report(written(mail_id))
        assert (answer.status_code, answer.content) == (202, b"null")
    (event,) = world.store.read(before, 100)
    assert fact(envelope_of(event)).model_dump() == {"status": "5.1.1"}
    assert "example.org" not in str(event.plain)
    assert became(world) == [("bounced", "mailbox-unknown")]
    rows = world.rows()
    rebuild(world.store)
    assert world.rows() == rows


def test_what_came_back_is_shown_to_the_office_and_sent_again(
    world: Any, api: httpx.Client, keys: Any, mail_id: UUID, report: Report
) -> None:
    report(written(mail_id))
    headers = keys.bearer(NOTARY)
    (shown,) = api.get("/deliveries", params={"dossier": str(DOSSIER)}, headers=headers).json()["items"]
    assert (shown["state"], shown["cause"]) == ("bounced", "mailbox-unknown")
    assert api.post(f"/deliveries/{shown['id']}/resending", headers=headers).status_code == 204
    world.sending.send_due()
    assert sorted(became(world)) == [("bounced", "mailbox-unknown"), ("sent", None)]


def test_what_arrived_is_known_and_the_first_report_stands(world: Any, mail_id: UUID, report: Report) -> None:
    for action, status in (("delayed", "4.4.1"), ("relayed", "2.0.0"), ("delivered", "2.0.0"), ("failed", "5.2.2")):
        assert report(written(mail_id, action, status)).status_code == 202
    assert became(world) == [("delivered", None)]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("5.1.10", "mailbox-unknown"),
        ("5.2.1", "mailbox-closed"),
        ("5.2.2 (over quota)", "mailbox-full"),
        ("4.4.7", "unreachable"),
        ("5.7.1", "message-refused"),
        ("5.0.0", "not-delivered"),
        ("5.2.0", "not-delivered"),
    ],
)
def test_the_office_reads_why_in_its_own_words(
    world: Any, mail_id: UUID, report: Report, status: str, cause: str
) -> None:
    assert report(written(mail_id, "failed", status)).status_code == 202
    assert became(world) == [("bounced", cause)]


def test_one_e_mail_that_tells_several_things_comes_back_for_all_of_them(world: Any, report: Report) -> None:
    world.gather(window_seconds=0, pause_seconds=0)
    world.tell("dossier.document-validated")
    world.tell("dossier.message-posted", actor_id=NOTARY, side="office", batch_id=None)
    world.sending.send_due()
    (mail_id,) = {row["envelope_id"] for row in world.rows() if row["channel"] == "email"}
    assert report(written(mail_id)).status_code == 202
    assert became(world) == [("bounced", "mailbox-unknown")] * 2


def test_a_report_names_its_e_mail_by_address_or_envelope_and_never_by_both_differently(
    world: Any, mail_id: UUID, report: Report
) -> None:
    other = uuid4()
    two = written(mail_id).replace(f"Original-Envelope-Id: {mail_id.hex}", f"Original-Envelope-Id: {other.hex}")
    assert report(two).json()["code"] == "report-unreadable"
    by_envelope = written(mail_id).replace(f"bounces+{mail_id.hex}@", "postmaster@")
    by_address = written(mail_id).replace(f"Original-Envelope-Id: {mail_id.hex}\n", "")
    neither = by_address.replace(f"bounces+{mail_id.hex}@", "postmaster@")
    assert report(neither).status_code == 202
    assert became(world) == [("sent", None)]
    assert report(by_envelope).status_code == report(by_address).status_code == 202
    assert became(world) == [("bounced", "mailbox-unknown")]


def test_what_is_not_ours_is_taken_without_a_word(world: Any, mail_id: UUID, report: Report) -> None:
    known, unknown = report(written(mail_id)), report(written(uuid4()))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"null")
    assert len(world.rows()) == 1


def test_a_report_that_is_faster_than_our_commit_comes_again(world: Any, report: Report) -> None:
    world.tell("dossier.document-refused")
    (claim,) = world.outbox.claim(10)
    answer = report(written(claim.mail_id))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "mail-under-way", "60")
    world.hurry()
    world.sending.send_due()
    assert report(written(claim.mail_id)).status_code == 202
    assert became(world) == [("bounced", "mailbox-unknown")]


def test_nobody_but_the_mail_gateway_is_let_in(world: Any, keys: Any, mail_id: UUID, report: Report) -> None:
    for header in ("", "Bearer", "Bearer x", "Basic eDp4", *keys.bearer(CLIENT).values()):
        answer = report(written(mail_id), Authorization=header)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in"), header
    assert became(world) == [("sent", None)]


def test_without_a_secret_nobody_is_let_in(settings: Any, world: Any, bearer: str) -> None:
    open_to_nobody = settings.model_copy(update={"report_secret_file": None})
    with serving(wiring.web(open_to_nobody, world.parts)) as address, httpx.Client(trust_env=False) as client:
        for given in (bearer, "None"):
            headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {given}"}
            answer = client.post(
                f"{address}{wiring.PREFIX}/delivery-reports", content=written(uuid4()), headers=headers
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


def unreadable() -> dict[str, bytes]:
    good = written(uuid4())
    block = "\n\nFinal-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1"
    nested = "".join(f"Content-Type: multipart/mixed; boundary=n{depth}\n\n--n{depth}\n" for depth in range(2_000))
    return {
        "nothing": b"",
        "words": b"Delivery failed.",
        "another kind": good.replace("report-type=delivery-status", "report-type=feedback-report").encode(),
        "no fields": good.replace("message/delivery-status", "text/plain").encode(),
        "no recipient": good.partition("\n\nFinal-Recipient")[0].encode() + b"\n--b--\n",
        "an unknown action": good.replace("Action: failed", "Action: exploded").encode(),
        "no action": good.replace("Action: failed\n", "").encode(),
        "no status": good.replace("Status: 5.1.1\n", "").encode(),
        "a wrong status": good.replace("Status: 5.1.1", "Status: 9.1.1").encode(),
        "words as a status": good.replace("Status: 5.1.1", "Status: user jeanne unknown").encode(),
        "two statuses": good.replace("Status: 5.1.1", "Status: 5.1.1\nStatus: 2.0.0").encode(),
        "a long field": good.replace("Action: failed", f"Action: failed ({'x' * 1000})").encode(),
        "many recipients": good.replace("\nDiagnostic-Code", f"{block * 20}\nDiagnostic-Code").encode(),
        "deep": nested.encode(),
        "many parts": good.replace("--b--", "--b\n\nx\n" * 100 + "--b--").encode(),
        "many lines": good.encode() + b"\n" * 20_000,
        "many fields": b"A: b\n" * 50_000,
        "binary": bytes(range(256)) * 100,
    }


@pytest.mark.parametrize("what", unreadable())
def test_what_is_no_report_is_refused_and_changes_nothing(world: Any, mail_id: UUID, report: Report, what: str) -> None:
    assert mail_id
    answer = report(unreadable()[what])
    assert (answer.status_code, answer.json()["code"]) == (422, "report-unreadable")
    assert became(world) == [("sent", None)]


def test_neither_other_types_nor_large_bodies_are_read(mail_id: UUID, report: Report) -> None:
    assert report(written(mail_id), **{"Content-Type": "text/plain"}).status_code == 415
    assert report(b"x" * (MAX_BYTES + 1)).status_code == 413
