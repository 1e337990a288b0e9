"""The endpoints that browsers and clients of the provider use."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import ValidationError

from sandbox.idnot import pages
from sandbox.idnot.accounts import Account, Accounts, Taken
from sandbox.idnot.grants import ACCESS_SECONDS, Authorization, Grants, InvalidGrant
from sandbox.idnot.tokens import Minter
from sandbox.serving import application

_BASE = "/IdPOAuth2"
_MAX_FORM = 16 * 1024
_CHALLENGE_LENGTH = 43  # base64url of a SHA-256, which is the only method


@dataclass(frozen=True, slots=True)
class Client:
    """The one registered client."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > _MAX_FORM:
        raise HTTPException(413, "form too large")
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=30))


Form = Annotated[dict[str, str], Depends(_form)]


def provider(client: Client, accounts: Accounts, grants: Grants, minter: Minter) -> FastAPI:
    """Return the provider; without a discovery document, like the original."""
    app = application("ID.not (sandbox)")
    _browser_pages(app, client, accounts, grants)
    _client_endpoints(app, client, grants, minter)
    return app


def _authorization(request: Request, client: Client) -> Authorization:
    """Check an authorization request; whatever is wrong stays here and never travels to a redirect address."""
    query = dict(request.query_params)
    right = (
        query.get("client_id") == client.client_id
        and query.get("redirect_uri") in client.redirect_uris
        and query.get("response_type") == "code"
        and "openid" in query.get("scope", "").split()
        and query.get("code_challenge_method") == "S256"
        and len(query.get("code_challenge", "")) == _CHALLENGE_LENGTH
        and query.get("state")
        and query.get("nonce")
    )
    if not right:
        raise HTTPException(400, "invalid_request")
    return Authorization(query["redirect_uri"], query["state"], query["nonce"], query["code_challenge"])


def _browser_pages(app: FastAPI, client: Client, accounts: Accounts, grants: Grants) -> None:
    def checked(request: Request) -> Authorization:
        return _authorization(request, client)

    @app.get(f"{_BASE}/auth/IDNOT_IDP", dependencies=[Depends(checked)])
    def sign_in_page(request: Request) -> HTMLResponse:
        return HTMLResponse(pages.sign_in(request.url.query))

    @app.post(f"{_BASE}/auth/IDNOT_IDP")
    def sign_in(request: Request, form: Form, asked: Annotated[Authorization, Depends(checked)]) -> Response:
        account = accounts.check(form.get("identifier", ""), form.get("password", ""))
        if account is None:
            return HTMLResponse(pages.sign_in(request.url.query, "Identifiant ou mot de passe incorrect."), 401)
        answer = urlencode({"code": grants.give(asked, account), "state": asked.state})
        return RedirectResponse(f"{asked.redirect_uri}?{answer}", 303)

    @app.get(f"{_BASE}/signup/IDNOT_IDP", dependencies=[Depends(checked)])
    def sign_up_page(request: Request) -> HTMLResponse:
        return HTMLResponse(pages.sign_up(request.url.query))

    @app.post(f"{_BASE}/signup/IDNOT_IDP", dependencies=[Depends(checked)])
    def sign_up(request: Request, form: Form) -> Response:
        """Create the account of a collaborator and go to the sign-in page."""
        if form.pop("confirmation", "") != form.get("password"):
            return HTMLResponse(pages.sign_up(request.url.query, "Les mots de passe diffèrent."), 422)
        try:
            accounts.add(Account.model_validate({**form, "role": "COLLABORATEUR", "crpcen": ()}))
        except ValidationError:
            return HTMLResponse(pages.sign_up(request.url.query, "Un champ manque ou est incorrect."), 422)
        except Taken:
            return HTMLResponse(pages.sign_up(request.url.query, "Cette adresse a déjà un compte."), 409)
        return RedirectResponse(f"../auth/IDNOT_IDP?{request.url.query}", 303)


def _client_endpoints(app: FastAPI, client: Client, grants: Grants, minter: Minter) -> None:
    @app.post(f"{_BASE}/token/IDNOT_IDP")
    def token(form: Form, authorization: Annotated[str, Header()] = "") -> Response:
        if not _is_client(authorization, client):
            return JSONResponse({"error": "invalid_client"}, 401, {"WWW-Authenticate": "Basic"})
        if form.get("grant_type") != "authorization_code":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        try:
            grant = grants.redeem(form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", ""))
        except InvalidGrant:
            return JSONResponse({"error": "invalid_grant"}, 400)
        answer = {
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "id_token": minter.mint(grant.account.sub, grant.authorization.nonce),
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    @app.get(f"{_BASE}/jwk/IDNOT_IDP")
    def jwks() -> dict[str, Any]:
        return minter.jwks()

    @app.get(f"{_BASE}/userinfo/IDNOT_IDP")
    def userinfo(authorization: Annotated[str, Header()] = "") -> dict[str, Any]:
        account = grants.owner(authorization.removeprefix("Bearer "))
        if account is None:
            raise HTTPException(401, "invalid_token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return {
            "sub": account.sub,
            "civilite": account.civility,
            "prenom": account.first_name,
            "nom_usuel": account.last_name,
            "adresse_mail": account.identifier,
            "profil": account.role,
            "rattachements": [{"crpcen": crpcen} for crpcen in account.crpcen],
        }


def _is_client(authorization: str, client: Client) -> bool:
    scheme, _, credentials = authorization.partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError):
        return False
    right = f"{client.client_id}:{client.secret}".encode()
    return scheme.lower() == "basic" and hmac.compare_digest(given, right)
