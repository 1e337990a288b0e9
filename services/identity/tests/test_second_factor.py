"""An authenticator app instead of codes by SMS (ADR 0039)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest

PASSWORD = "Une longue phrase 7"
STEP = 30


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


class App:
    """A client with an app; it is turned on with the code of the present step, and then gives that of the next.

    So a step that ends meanwhile changes nothing: each code is within one step of the present, and after the last one.
    """

    def __init__(self, platform: Any, client: dict[str, str], nth: int = 2) -> None:
        self.platform, self.client = platform, client
        self.token = platform.client_session(client, nth=nth)["access_token"]
        self.secret = platform.post("/me/authenticator", token=self.token).json()["secret"]

    def code(self, off: int = 1) -> str:
        """Return a code, `off` steps from now."""
        (now,) = self.platform.sql("SELECT extract(epoch FROM clock_timestamp())::float8")[0]
        return pyotp.TOTP(self.secret).at(int(now) + off * STEP)

    def turned_on(self) -> list[str]:
        """Turn it on; return the recovery codes."""
        self.used = self.code(0)
        answer = self.proof("confirmation", self.used)
        assert answer.status_code == 200, answer.text
        return answer.json()["recovery_codes"]

    def proof(self, what: str, code: str, password: str = PASSWORD) -> httpx.Response:
        """Send password and code."""
        body = {"password": password, "code": code}
        return self.platform.post(f"/me/authenticator/{what}", body, self.token)

    def begun(self) -> dict[str, Any]:
        """Sign in as far as the code."""
        body = {"email": self.client["email"], "password": PASSWORD}
        return self.platform.post("/sign-in/password", body).json()

    def answer(self, begun: dict[str, Any], code: str) -> httpx.Response:
        """Give a code."""
        return self.platform.post(f"/sign-in/codes/{begun['id']}/answer", {"code": code})


@pytest.fixture
def client(platform: Any) -> dict[str, str]:
    made = platform.new_client(platform.notary())
    platform.with_password(made)
    return made


@pytest.fixture
def app(platform: Any, client: dict[str, str]) -> App:
    return App(platform, client)


def test_once_it_is_on_the_app_is_asked_for_and_no_message_is_sent(platform: Any, app: App) -> None:
    codes = app.turned_on()
    assert len({*codes}) == 8
    sent = len(platform.sms.admin.get("/messages").json())
    begun = app.begun()
    assert (begun["means"], begun["masked_number"]) == ("authenticator", None)
    session = app.answer(begun, app.code())
    assert session.status_code == 200, session.text
    assert platform.call("GET", "/me", session.json()["access_token"]).json()["id"] == app.client["id"]
    assert len(platform.sms.admin.get("/messages").json()) == sent
    assert platform.events("signed-in")[-1]["means"] == "password-and-totp"
    (enabled,) = platform.events("second-factor-enabled")
    assert str(enabled["person_id"]) == app.client["id"]
    state = platform.call("GET", "/me/authenticator", app.token).json()
    assert (state["on"], state["recovery_codes_left"]) == (True, 8)


def test_a_secret_that_was_begun_is_not_asked_for_and_stays_the_same_for_a_while(platform: Any, app: App) -> None:
    again = platform.post("/me/authenticator", token=app.token).json()
    assert again["secret"] == app.secret
    assert again["address"].startswith("otpauth://totp/")
    assert app.begun()["means"] == "sms"
    assert platform.call("GET", "/me/authenticator", app.token).json()["on"] is False
    platform.sql("UPDATE identity.authenticator SET begun_at = now() - interval '16 minutes'")
    assert platform.post("/me/authenticator", token=app.token).json()["secret"] != app.secret


def test_turning_it_on_needs_the_password_and_a_code_of_the_app(platform: Any, app: App) -> None:
    assert refused(app.proof("confirmation", app.code(), "Une autre phrase 8")) == (403, "password-wrong")
    assert refused(app.proof("confirmation", app.code(5))) == (403, "second-code-refused")
    assert platform.events("second-factor-enabled") == []
    app.turned_on()
    assert refused(app.proof("confirmation", app.code())) == (409, "second-factor-on")
    assert refused(platform.post("/me/authenticator", token=app.token)) == (409, "second-factor-on")


def test_a_code_by_sms_under_way_opens_nothing_once_the_app_is_on(platform: Any, app: App) -> None:
    begun = app.begun()
    code = platform.code(app.client, 3)
    app.turned_on()
    assert refused(app.answer(begun, code)) == (401, "code-refused")


@pytest.mark.bad_input("B34")
def test_a_code_works_once_and_none_before_it_works_any_more(platform: Any, app: App) -> None:
    app.turned_on()
    assert refused(app.answer(app.begun(), app.used)) == (401, "code-refused")
    code = app.code()
    assert app.answer(app.begun(), code).status_code == 200
    assert refused(app.answer(app.begun(), code)) == (401, "code-refused")
    assert [one["cause"] for one in platform.events("code-refused")] == ["wrong", "wrong"]


def test_of_one_code_given_many_times_at_once_one_opens_a_session(app: App) -> None:
    app.turned_on()
    code = app.code()
    challenges = [app.begun() for _ in range(4)]  # the newest is the one that is waited for
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: app.answer(one, code).status_code, [challenges[-1]] * 4))
    assert sorted(answers) == [200, 401, 401, 401]


def test_a_recovery_code_works_once_however_it_is_typed(platform: Any, app: App) -> None:
    first, *_ = app.turned_on()
    typed = "-".join(first[at : at + 4] for at in (0, 4, 8)).upper()
    assert app.answer(app.begun(), f" {typed} ").status_code == 200
    assert refused(app.answer(app.begun(), first)) == (401, "code-refused")
    assert platform.events("signed-in")[-1]["means"] == "password-and-recovery-code"
    assert platform.call("GET", "/me/authenticator", app.token).json()["recovery_codes_left"] == 7


def test_tries_end_as_they_do_for_sms(platform: Any, app: App) -> None:
    app.turned_on()
    begun = app.begun()
    assert [app.answer(begun, "000000").status_code for _ in range(5)] == [401] * 5
    assert refused(app.answer(begun, app.code())) == (401, "code-refused")
    platform.sql("UPDATE identity.challenge SET expires_at = now() - interval '1 second' WHERE ended_at IS NULL")
    late = app.begun()
    platform.sql("UPDATE identity.challenge SET expires_at = now() - interval '1 second' WHERE id = %s", late["id"])
    assert refused(app.answer(late, app.code())) == (401, "code-refused")
    assert app.answer(app.begun(), app.code()).status_code == 200  # what came too late was not used up


def test_sign_ins_are_capped_by_person(start: Any) -> None:
    platform = start(code_resend_seconds="0", codes_per_hour="4", codes_per_ip_hour="1000")
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    app = App(platform, client)
    app.turned_on()
    body = {"email": client["email"], "password": PASSWORD}
    assert [platform.post("/sign-in/password", body).status_code for _ in range(5)] == [200] * 4 + [429]


def test_turning_it_off_needs_the_password_and_a_code_and_messages_go_again(platform: Any, app: App) -> None:
    assert refused(app.proof("removal", app.code())) == (409, "second-factor-off")
    first, *_ = app.turned_on()
    assert refused(app.proof("removal", app.code(), "Une autre phrase 8")) == (403, "password-wrong")
    assert refused(app.proof("removal", "000000")) == (403, "second-code-refused")
    waiting = app.begun()
    assert app.proof("removal", first).status_code == 204
    assert refused(app.answer(waiting, app.code())) == (401, "code-refused")
    assert app.begun()["means"] == "sms"
    assert [one["cause"] for one in platform.events("second-factor-removed")] == ["asked"]
    assert platform.sql("SELECT * FROM identity.recovery_code") == []
    assert App(platform, app.client, nth=4).secret != app.secret


def test_codes_of_the_account_page_are_tried_ten_times_an_hour(app: App) -> None:
    app.turned_on()
    answers = [refused(app.proof("removal", "000000")) for _ in range(10)]
    assert answers == [(403, "second-code-refused")] * 9 + [(429, "too-many-attempts")]


def test_the_office_lets_a_client_who_lost_everything_come_by_sms_again(platform: Any, app: App) -> None:
    path, notary = f"/clients/{app.client['id']}/authenticator", platform.notary()
    assert refused(platform.call("DELETE", path, notary)) == (409, "second-factor-off")
    app.turned_on()
    assert refused(platform.call("DELETE", path, app.token)) == (403, "not-allowed")
    assert platform.call("DELETE", path, notary).status_code == 204
    assert app.begun()["means"] == "sms"
    assert [one["cause"] for one in platform.events("second-factor-removed")] == ["office"]


def test_a_new_password_by_e_mail_and_sms_goes_around_nothing(platform: Any, app: App) -> None:
    app.turned_on()
    body = {"person_id": app.client["id"], "office_id": str(platform.office_id)}
    link = platform.service.post("/internal/access-links", json=body).json()["url"]
    challenge = platform.asked(app.client, link.partition("invitation=")[2])
    answer = platform.post(f"/sign-in/codes/{challenge}/answer", {"code": platform.code(app.client, 3)}).json()
    setup = {"setup_token": answer["setup_token"], "password": PASSWORD}
    assert platform.call("PUT", "/password", json=setup).status_code == 204
    assert app.begun()["means"] == "authenticator"


def test_members_of_offices_have_the_factor_of_their_provider(platform: Any) -> None:
    notary = platform.notary()
    assert refused(platform.post("/me/authenticator", token=notary)) == (403, "not-allowed")
    assert refused(platform.call("GET", "/me/authenticator", notary)) == (403, "not-allowed")


def test_neither_secret_nor_recovery_code_is_readable_and_erasure_leaves_none(platform: Any, app: App) -> None:
    codes = app.turned_on()
    tables = platform.sql(
        "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    rows = "".join(str(platform.sql(f"SELECT to_jsonb(t)::text FROM {name} t")) for (name,) in tables)
    for secret in (app.secret, *codes):
        assert secret not in rows
        assert secret.encode().hex() not in rows
    platform.identity.store.keys.destroy(UUID(app.client["id"]))
    assert not platform.identity.second_factor.on(UUID(app.client["id"]))  # even before the row is gone
