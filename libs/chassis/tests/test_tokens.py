"""Which tokens are believed, and which are not."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from uuid import UUID, uuid4

import jwt
import pytest
from chassis.refusal import NotSignedIn
from chassis.tokens import (
    ACCESS_SECONDS,
    Action,
    Signer,
    Ticket,
    TicketRefused,
    Verifier,
    new_signing_key,
)

TICKET = Ticket(
    action="deposit",
    version_id=uuid4(),
    request_id=uuid4(),
    dossier_id=uuid4(),
    office_id=uuid4(),
    actor_id=uuid4(),
    actor_kind="client",
    owner_id=uuid4(),
    name="Avis d'imposition.pdf",
    size=12,
    sha256="ab" * 32,
)


def access(signer: Signer, **changes: Any) -> str:
    return signer.access_token(**{"person_id": uuid4(), "kind": "client", "session_id": uuid4(), **changes})


def at(keys: Any, name: str, shift: float) -> Signer:
    """Return a signer whose clock is `shift` seconds ahead."""
    return Signer(keys.folder / f"{name}.pem", name, clock=lambda: time.time() + shift)


def test_an_access_token_says_who_carries_it(keys: Any) -> None:
    person, office, session = uuid4(), uuid4(), uuid4()
    token = keys.identity.access_token(
        person_id=person, kind="staff", session_id=session, office_id=office, role="notary"
    )
    actor = keys.verifier.access(token)
    assert (actor.person_id, actor.kind, actor.office_id, actor.role, actor.session_id) == (
        (person, "staff", office, "notary", session)
    )


def test_a_token_that_was_believed_once_is_believed_no_longer_than_it_lives(
    keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, now = access(keys.identity), time.time()
    actor = keys.verifier.access(token)
    assert keys.verifier.access(token) is actor, "not verified a second time"
    for name in ("sub", "kind"):
        with pytest.raises(NotSignedIn):
            keys.verifier.access(altered(token, name))
    monkeypatch.setattr("chassis.tokens.time.time", lambda: now + ACCESS_SECONDS + 1)
    assert keys.verifier.access(token) is not actor, "the leeway after its end is not lengthened: it is verified"


def altered(token: str, name: str) -> str:
    """Return the token with another value for a claim under the same signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    said = json.dumps({**claims, name: "staff" if name == "kind" else str(uuid4())}).encode()
    return ".".join((header, base64.urlsafe_b64encode(said).rstrip(b"=").decode(), signature))


def test_only_so_many_tokens_are_remembered(keys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.tokens.REMEMBERED_TOKENS", 2)
    tokens = [access(keys.identity) for _ in range(3)]
    first, *others = [keys.verifier.access(token) for token in tokens]
    assert all(keys.verifier.access(token) is actor for token, actor in zip(tokens[1:], others, strict=True))
    assert keys.verifier.access(tokens[0]) is not first


@pytest.mark.parametrize("action", get_args(Action))
def test_a_ticket_comes_back_as_it_was_given(keys: Any, action: Action) -> None:
    given = replace(TICKET, action=action)
    assert keys.verifier.ticket(keys.dossier.ticket(given)) == given


def test_a_ticket_names_its_issuer_by_the_key_and_not_by_what_it_says(keys: Any) -> None:
    lent = replace(TICKET, issuer="lre-gateway", dossier_id=None, actor_id=None, legal_hold=True)
    assert keys.verifier.ticket(keys.letters.ticket(lent)) == lent
    assert keys.verifier.ticket(keys.dossier.ticket(lent)).issuer == "dossier"
    facts = {"action": "view"} | {name: str(getattr(TICKET, name)) for name in ("version_id", "request_id")}
    with pytest.raises(TicketRefused):
        keys.verifier.ticket(keys.letters._sign("ticket+jwt", "vault", 60, {"ticket": facts}))


def test_only_identity_may_say_who_a_person_is_and_only_keepers_of_documents_may_give_tickets(keys: Any) -> None:
    with pytest.raises(NotSignedIn):
        keys.verifier.access(access(keys.dossier))
    with pytest.raises(TicketRefused):
        keys.verifier.ticket(keys.identity.ticket(TICKET))


def test_one_kind_of_token_is_never_taken_for_another(keys: Any) -> None:
    with pytest.raises(TicketRefused):
        keys.verifier.ticket(keys.dossier.service_token("vault"))
    with pytest.raises(NotSignedIn):
        keys.verifier.service(keys.dossier.ticket(TICKET), "vault")
    with pytest.raises(NotSignedIn):
        keys.verifier.access(keys.identity.service_token("scelle"))


def test_a_token_for_another_audience_is_refused(keys: Any) -> None:
    with pytest.raises(NotSignedIn):
        keys.verifier.service(keys.dossier.service_token("vault"), "journal")
    with pytest.raises(TicketRefused):
        keys.verifier.ticket(keys.dossier.ticket(TICKET, audience="journal"))


@pytest.mark.parametrize(("shift", "good"), [(-655, True), (-665, False), (55, True), (65, False)])
def test_an_access_token_lives_ten_minutes_give_or_take_a_minute_of_clock(
    keys: Any, shift: float, *, good: bool
) -> None:
    token = access(at(keys, "identity", shift))
    if good:
        assert keys.verifier.access(token)
    else:
        with pytest.raises(NotSignedIn):
            keys.verifier.access(token)


def test_a_ticket_never_lives_longer_than_five_minutes(keys: Any) -> None:
    with pytest.raises(TicketRefused):
        keys.verifier.ticket(at(keys, "dossier", -301).ticket(TICKET))
    with pytest.raises(ValueError, match="300"):
        keys.dossier.ticket(TICKET, seconds=301)
    now = int(time.time())
    claims = {"iss": "dossier", "aud": "vault", "iat": now, "exp": now + 3600, "ticket": {}}
    with pytest.raises(TicketRefused):
        keys.verifier.ticket(forge(keys, claims, typ="ticket+jwt"))


def forge(keys: Any, claims: dict[str, Any], *, typ: str, kid: str = "dossier-1", algorithm: str = "EdDSA") -> str:
    key = (keys.folder / "dossier.pem").read_bytes() if algorithm == "EdDSA" else "a" * 64
    return jwt.encode(claims, key, algorithm=algorithm, headers={"typ": typ, "kid": kid})


def bare(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, ""])


def test_a_ticket_that_lacks_a_fact_or_has_one_of_another_type_is_refused(keys: Any) -> None:
    now = int(time.time())
    good = {name: str(getattr(TICKET, name)) for name in Ticket.__slots__} | {"size": 12, "legal_hold": False}
    for facts in (good | {"size": "12"}, good | {"action": "erase"}, good | {"version_id": "x"}, {"action": "view"}):
        claims = {"iss": "dossier", "aud": "vault", "iat": now, "exp": now + 60, "ticket": facts}
        with pytest.raises(TicketRefused):
            keys.verifier.ticket(forge(keys, claims, typ="ticket+jwt"))


def test_forgeries_are_refused(keys: Any) -> None:
    now = int(time.time())
    claims = {
        "iss": "identity", "aud": "scelle", "iat": now, "exp": now + 60, "sub": str(uuid4()), "sid": str(uuid4()),
        "kind": "staff",
    }  # fmt: skip
    header = {"typ": "at+jwt", "kid": "identity-1"}
    unsigned: dict[str, Callable[[], str]] = {
        "no algorithm": lambda: bare({**header, "alg": "none"}, claims),
        "a symmetric algorithm": lambda: forge(keys, claims, typ="at+jwt", kid="identity-1", algorithm="HS256"),
        "another service's key": lambda: forge(keys, claims, typ="at+jwt", kid="dossier-1"),
        "another service's key under identity's name": lambda: forge(keys, claims, typ="at+jwt", kid="identity-1"),
        "an unknown key": lambda: forge(keys, claims, typ="at+jwt", kid="identity-9"),
        "one sign changed": lambda: access(keys.identity)[:-3] + "AAA",
        "nonsense": lambda: "a.b.c",
        "nothing": lambda: "",
    }
    for token in unsigned.values():
        with pytest.raises(NotSignedIn):
            keys.verifier.access(token())


def test_only_ed25519_keys_are_trusted(tmp_path: Path) -> None:
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "identity-1"}]}))
    with pytest.raises((TypeError, jwt.InvalidKeyError)):
        Verifier(trust)


def test_a_new_key_signs(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(new_signing_key())
    signer = Signer(path, "vault")
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps({"keys": [signer.public_jwk()]}))
    assert Verifier(trust).service(signer.service_token("dossier"), "dossier") == "vault"
    assert isinstance(TICKET.version_id, UUID)
