"""Builds the objects; nothing here decides."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bus import relaying
from chassis.feed import feed_router
from chassis.http import create_app
from chassis.process import Task
from chassis.tokens import Signer, Verifier
from contracts import envelope_of
from eventstore import (
    AWAY,
    LEDGER,
    Facts,
    FileKeyService,
    Store,
    StoreRefusal,
    create_read_model,
    leadership,
    migrate,
    rebuild,
)
from fastapi import FastAPI

from identity.adapters.attempts import SqlAttempts
from identity.adapters.breached import breached
from identity.adapters.challenges import SqlChallenges
from identity.adapters.claims import Claims
from identity.adapters.oidc import OidcProvider, OidcSettings
from identity.adapters.one_time import SqlOneTimeTokens
from identity.adapters.passwords import Argon2Cost, SqlPasswords
from identity.adapters.purge import purging
from identity.adapters.sessions import SqlSessionBook
from identity.adapters.sms import SmsProvider
from identity.adapters.starts import SqlStarts
from identity.application.choose_password import ChoosePassword
from identity.application.client_sign_in import ClientSignIn, TryPolicy
from identity.application.clients import Clients
from identity.application.codes import CodePolicy, Codes
from identity.application.digests import Digests
from identity.application.invitations import AskPolicy, Invitations
from identity.application.limits import Limits
from identity.application.memberships import Memberships
from identity.application.sessions import SessionPolicy, Sessions
from identity.application.staff_sign_in import StaffSignIn
from identity.entrypoints.http import clients as client_http
from identity.entrypoints.http import internal, sign_in, staff
from identity.entrypoints.http.well_known import key_routes
from identity.readmodel.people import SqlOffices, SqlPeople
from identity.readmodel.projection import projection
from identity.settings import Settings

PREFIX = "/api/identity/v1"
CALLBACK = f"{PREFIX}/sign-in/idnot/callback"
_HERE = Path(__file__).parent


def facts(_event: Any, aggregate: Any) -> Facts:
    """Say to which office an event belongs."""
    return Facts(office=getattr(aggregate, "office_id", None))


@dataclass(frozen=True)
class Identity:
    """Everything one process needs, made when it is first asked for."""

    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The event store."""
        keys = FileKeyService(self.settings.master_key_file)
        return Store("identity", self.settings.database_url, projection=projection, keys=keys, facts=facts)

    @cached_property
    def people(self) -> SqlPeople:
        """Queries on persons."""
        return SqlPeople(self.store)

    @cached_property
    def offices(self) -> SqlOffices:
        """Queries on offices."""
        return SqlOffices(self.store)

    @cached_property
    def tokens(self) -> SqlOneTimeTokens:
        """One-time tokens."""
        return SqlOneTimeTokens(self.store)

    @cached_property
    def digests(self) -> Digests:
        """The keyed digests."""
        return Digests(base64.b64decode(self.settings.code_key_file.read_text(), validate=True))

    @cached_property
    def signer(self) -> Signer:
        """The key that signs access tokens."""
        return Signer(self.settings.signing_key_file, "identity")

    @cached_property
    def challenges(self) -> SqlChallenges:
        """Codes under way."""
        return SqlChallenges(self.store)

    @cached_property
    def limits(self) -> Limits:
        """Caps."""
        return Limits(SqlAttempts(self.store), self.digests)

    @cached_property
    def passwords(self) -> SqlPasswords:
        """Password hashes."""
        given = self.settings
        cost = Argon2Cost(memory=given.argon2_memory_kib, passes=given.argon2_passes, at_once=given.argon2_at_once)
        return SqlPasswords(self.store, cost)

    @cached_property
    def sms(self) -> SmsProvider:
        """The SMS provider."""
        return SmsProvider(self.settings.sms_url, self.settings.sms_token)

    @cached_property
    def provider(self) -> OidcProvider:
        """The identity provider of the profession."""
        given = self.settings
        settings = OidcSettings(
            issuer=given.oidc_issuer,
            authorize_url=given.oidc_authorize_url,
            token_url=given.oidc_token_url,
            jwks_url=given.oidc_jwks_url,
            userinfo_url=given.oidc_userinfo_url,
            client_id=given.oidc_client_id,
            client_secret=given.oidc_client_secret,
            redirect_uri=f"{given.public_url.rstrip('/')}{CALLBACK}",
        )
        return OidcProvider(settings, Claims(given.oidc_claims_file))

    @cached_property
    def codes(self) -> Codes:
        """Codes by SMS."""
        given = self.settings
        policy = CodePolicy(
            seconds=given.code_seconds,
            resend_seconds=given.code_resend_seconds,
            per_hour=given.codes_per_hour,
            per_day=given.codes_per_day,
            per_ip_hour=given.codes_per_ip_hour,
        )
        return Codes(
            store=self.store,
            challenges=self.challenges,
            limits=self.limits,
            sms=self.sms,
            digests=self.digests,
            policy=policy,
            domain=urlsplit(given.public_url).hostname or "scelle.localhost",
        )

    @cached_property
    def sessions(self) -> Sessions:
        """Sessions."""
        given = self.settings
        return Sessions(
            store=self.store,
            book=SqlSessionBook(self.store),
            signer=self.signer,
            digests=self.digests,
            people=self.people,
            offices=self.offices,
            policy=SessionPolicy(given.session_idle_client, given.session_idle_staff, given.session_longest),
        )

    @cached_property
    def clients(self) -> Clients:
        """Clients of offices."""
        return Clients(
            store=self.store,
            people=self.people,
            challenges=self.challenges,
            tokens=self.tokens,
            prefixes=self.settings.sms_prefixes,
        )

    @cached_property
    def staff_sign_in(self) -> StaffSignIn:
        """Sign-in of members."""
        return StaffSignIn(
            store=self.store,
            provider=self.provider,
            starts=SqlStarts(self.store),
            people=self.people,
            offices=self.offices,
            tokens=self.tokens,
            sessions=self.sessions,
        )

    @cached_property
    def client_sign_in(self) -> ClientSignIn:
        """Sign-in of clients."""
        given = self.settings
        return ClientSignIn(
            store=self.store,
            people=self.people,
            tokens=self.tokens,
            codes=self.codes,
            passwords=self.passwords,
            sessions=self.sessions,
            limits=self.limits,
            policy=TryPolicy(
                per_email_and_ip=given.passwords_per_email_and_ip_hour,
                per_ip=given.passwords_per_ip_hour,
                per_email_unslowed=given.passwords_per_email_hour,
            ),
        )

    @cached_property
    def choose_password(self) -> ChoosePassword:
        """The end of a first access."""
        return ChoosePassword(
            store=self.store,
            tokens=self.tokens,
            passwords=self.passwords,
            sessions=self.sessions,
            shortest=self.settings.password_shortest,
            breached=breached(),
        )

    @cached_property
    def invitations(self) -> Invitations:
        """Links that messages carry."""
        given = self.settings
        return Invitations(
            store=self.store,
            people=self.people,
            offices=self.offices,
            tokens=self.tokens,
            passwords=self.passwords,
            limits=self.limits,
            later=self.sms.later,
            policy=AskPolicy(given.access_links_per_email_hour, given.access_links_per_ip_hour),
            public_url=given.public_url,
        )

    def close(self) -> None:
        """Let go of connections."""
        self.sms.close()
        self.provider.close()
        self.store.close()


def build(identity: Identity) -> FastAPI:
    """Return the web application."""
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
                client_http.client_routes(identity.clients),
                sign_in.me_routes(people, offices),
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
    )
    app.include_router(key_routes(identity.signer.public_jwk()))
    app.state.trusted_proxies = frozenset(settings.trusted_proxies)
    return app


def app(settings: Settings) -> FastAPI:
    """Return the web application of a process."""
    return build(Identity(settings))


def tasks(settings: Settings) -> Sequence[Task]:
    """Return what a working process does: relay the events, forget what is too old."""
    store = Identity(settings).store
    alone = partial(leadership, settings.database_url, "relay")
    return [relaying(settings.nats_url, "identity", store, leadership=alone), purging(store)]


def prepare(settings: Settings) -> None:
    """Make the tables, and the read model again where it changed."""
    migrate(settings.database_url, LEDGER, _HERE / "migrations")
    if create_read_model(settings.database_url, _HERE / "readmodel" / "schema.sql"):
        remake(settings)


def remake(settings: Settings) -> None:
    """Make the read model again from the events."""
    identity = Identity(settings)
    try:
        rebuild(identity.store)
    finally:
        identity.store.close()
