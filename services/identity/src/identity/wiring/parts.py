"""The objects of one process, each made when it is first asked for."""

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from chassis.client import ServiceClient
from chassis.tokens import Signer
from eventstore import Facts, Store, open_key_service

from identity.adapters.attempts import SqlAttempts
from identity.adapters.authenticators import SqlAuthenticators
from identity.adapters.breached import breached
from identity.adapters.challenges import SqlChallenges
from identity.adapters.claims import Claims
from identity.adapters.dossiers import DossierService
from identity.adapters.oidc import OidcProvider, OidcSettings
from identity.adapters.one_time import SqlOneTimeTokens
from identity.adapters.passwords import Argon2Cost, SqlPasswords
from identity.adapters.secrets import SqlSecrets
from identity.adapters.sessions import SqlSessionBook
from identity.adapters.sms import SmsProvider
from identity.adapters.starts import SqlStarts
from identity.application.choose_password import ChoosePassword
from identity.application.client_sign_in import ClientSignIn, TryPolicy
from identity.application.clients import Clients
from identity.application.codes import CodePolicy, Codes
from identity.application.delivery import ByText
from identity.application.digests import Digests
from identity.application.erasures import Erasures, Finishing
from identity.application.invitations import AskPolicy, Invitations
from identity.application.limits import Limits
from identity.application.proving import Proving
from identity.application.second_factor import SecondFactor
from identity.application.sessions import SessionPolicy, Sessions
from identity.application.staff_sign_in import StaffSignIn
from identity.readmodel.people import SqlOffices, SqlPeople
from identity.readmodel.projection import projection
from identity.settings import Settings

PREFIX = "/api/identity/v1"
CALLBACK = f"{PREFIX}/sign-in/idnot/callback"


def facts(event: Any, aggregate: Any) -> Facts:
    """Say to which office an event belongs: its own word first, which for an erasure is the office that asked."""
    return Facts(office=getattr(event, "office_id", None) or getattr(aggregate, "office_id", None))


@dataclass(frozen=True)
class Identity:
    """Everything one process needs, made when it is first asked for."""

    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The event store."""
        keys = open_key_service(self.settings, "identity")
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
    def proving(self) -> Proving:
        """The password, asked for again."""
        return Proving(store=self.store, passwords=self.passwords, limits=self.limits)

    @cached_property
    def second_factor(self) -> SecondFactor:
        """Authenticator apps."""
        return SecondFactor(
            store=self.store,
            authenticators=SqlAuthenticators(self.store, self.store.keys),
            proving=self.proving,
            people=self.people,
            clients=self.clients,
            challenges=self.challenges,
            digests=self.digests,
        )

    @cached_property
    def sms(self) -> SmsProvider:
        """The provider of SMS."""
        return SmsProvider(self.settings.sms_url, self.settings.sms_token)

    @cached_property
    def second_sms(self) -> SmsProvider | None:
        """The provider that stands in for it, if there is one."""
        url, token = self.settings.sms_fallback_url, self.settings.sms_fallback_token
        return SmsProvider(url, token) if url and token else None

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
            redirect_uri=given.oidc_redirect_url or f"{given.public_url.rstrip('/')}{CALLBACK}",
        )
        return OidcProvider(settings, Claims(given.oidc_claims_file))

    @cached_property
    def code_policy(self) -> CodePolicy:
        """Times and caps of codes."""
        given = self.settings
        return CodePolicy(
            seconds=given.code_seconds,
            resend_seconds=given.code_resend_seconds,
            per_hour=given.codes_per_hour,
            per_day=given.codes_per_day,
            per_ip_hour=given.codes_per_ip_hour,
            delivery_seconds=given.sms_delivery_seconds,
        )

    @cached_property
    def delivery(self) -> ByText:
        """The way of codes to phones."""
        return ByText(
            store=self.store,
            journeys=self.challenges,
            people=self.people,
            limits=self.limits,
            first=self.sms,
            second=self.second_sms,
            digests=self.digests,
            policy=self.code_policy,
            domain=urlsplit(self.settings.public_url).hostname or "scelle.localhost",
        )

    @cached_property
    def codes(self) -> Codes:
        """Codes by SMS."""
        return Codes(
            store=self.store,
            challenges=self.challenges,
            limits=self.limits,
            delivery=self.delivery,
            digests=self.digests,
            second=self.second_factor,
            policy=self.code_policy,
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
            apps=self.second_factor,
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
            proving=self.proving,
            challenges=self.challenges,
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

    @cached_property
    def dossiers(self) -> DossierService:
        """The dossier service."""
        return DossierService(ServiceClient(self.settings.peers["dossier"], self.signer, "dossier"))

    @cached_property
    def erasures(self) -> Erasures:
        """What an office asks for."""
        return Erasures(store=self.store, people=self.people, offices=self.offices, dossiers=self.dossiers)

    @cached_property
    def finishing(self) -> Finishing:
        """What follows from it."""
        return Finishing(store=self.store, people=self.people, sessions=self.sessions, secrets=SqlSecrets(self.store))

    def close(self) -> None:
        """Let go of connections."""
        self.dossiers.close()
        self.sms.close()
        if self.second_sms:
            self.second_sms.close()
        self.provider.close()
        self.store.close()
