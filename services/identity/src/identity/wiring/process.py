"""What the verbs of the process are made of."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing as closed
from functools import partial
from pathlib import Path

from bus import Relaying
from chassis.feed import feed_router
from chassis.http import create_app
from chassis.process import Task
from chassis.tokens import Verifier
from contracts import envelope_of
from eventstore import (
    AWAY,
    LEDGER,
    Drift,
    StoreRefusal,
    compare,
    create_read_model,
    keys_command,
    leadership,
    migrate,
    rebuild,
)
from fastapi import FastAPI

from identity.adapters.purge import purging
from identity.application.memberships import Memberships
from identity.entrypoints.http import account, erasures, internal, sign_in, staff
from identity.entrypoints.http import clients as client_http
from identity.entrypoints.http.well_known import key_routes
from identity.entrypoints.timers import finishing, following
from identity.settings import Settings
from identity.wiring.parts import PREFIX, Identity

ROOM = Path(__file__).parent.parent


def build(identity: Identity, closing: Iterable[Callable[[], object]] = ()) -> FastAPI:
    """Return the web application; `closing` is called when it ends."""
    settings, people, offices = identity.settings, identity.people, identity.offices
    sessions, invitations = identity.sessions, identity.invitations
    memberships = Memberships(store=identity.store, people=people, offices=offices, tokens=identity.tokens)
    app = create_app(
        service="identity",
        prefix=PREFIX,
        public=[
            staff.sign_in_routes(identity.staff_sign_in, secure=settings.public_url.startswith("https:")),
            staff.office_routes(offices),
            staff.newcomer_routes(memberships),
            sign_in.sign_in_routes(identity.client_sign_in, identity.choose_password, invitations),
            sign_in.refresh_routes(sessions),
        ],
        routers=[
            sign_in.sign_out_routes(sessions),
            sign_in.signed_in_routes(
                sessions,
                staff.membership_routes(memberships),
                client_http.client_routes(identity.clients, identity.second_factor),
                erasures.erasure_routes(identity.erasures),
                sign_in.me_routes(people, offices),
                account.own_session_routes(sessions),
                account.own_password_routes(identity.choose_password),
                account.authenticator_routes(identity.second_factor),
            ),
        ],
        internal=[
            internal.person_routes(people, identity.clients),
            internal.office_routes(offices, invitations),
            feed_router(identity.store, lambda recorded: envelope_of(recorded).model_dump(mode="json")),
        ],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=identity.store.ready,
        first_outcome=lambda actor_id, key: identity.store.first_outcome(actor_id, key) if actor_id else None,
        refusals=[StoreRefusal],
        away=AWAY,
        closing=closing,
    )
    app.include_router(key_routes(identity.signer.public_jwks))
    app.state.trusted_proxies = settings.trusted_proxies
    return app


def app(settings: Settings) -> FastAPI:
    """Return the web application of a process."""
    identity = Identity(settings)
    return build(identity, [identity.close])


def tasks(settings: Settings) -> Sequence[Task]:
    """Return what a working process does: relay, finish erasures, make codes good that never came, forget."""
    identity = Identity(settings)
    alone = partial(leadership, settings.database_url, "relay")
    return [
        Relaying(settings.nats_url, "identity", identity.store, leadership=alone, replicas=settings.nats_replicas),
        finishing(identity.finishing),
        following(identity.delivery),
        purging(identity.store),
    ]


def prepare(settings: Settings) -> None:
    """Make the tables, and the read model again where it changed."""
    migrate(settings.database_url, LEDGER, ROOM / "migrations")
    if create_read_model(settings.database_url, ROOM / "readmodel" / "schema.sql"):
        remake(settings)


def remake(settings: Settings) -> None:
    """Make the read model again from the events."""
    identity = Identity(settings)
    try:
        rebuild(identity.store)
    finally:
        identity.store.close()


def drift(settings: Settings) -> Drift:
    """Compare the read model with what the events say."""
    with closed(Identity(settings).store) as store:
        return compare(store, ROOM / "readmodel" / "schema.sql")


def keys(settings: Settings, act: str) -> int:
    """Tell what the versions of the master key wrap, or put all of it under the newest."""
    return keys_command(Identity(settings).store, act)
