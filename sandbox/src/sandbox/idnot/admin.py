"""The admin API: accounts, fault switches and the provider's clock."""

from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict

from sandbox.idnot.accounts import Account, Accounts, Taken
from sandbox.idnot.clock import Clock
from sandbox.idnot.tokens import Fault, Minter
from sandbox.serving import application


class Faults(BaseModel):
    """How ID tokens are wrong, and by how many seconds the provider's clock is."""

    model_config = ConfigDict(extra="forbid")

    id_token: Fault = Fault.NONE
    ahead: float = 0.0


def admin(accounts: Accounts, minter: Minter, clock: Clock) -> FastAPI:
    """Return the admin API; it shows passwords, they are the sandbox's."""
    app = application("ID.not (sandbox), admin")

    @app.get("/accounts")
    def everyone() -> list[dict[str, Any]]:
        return [account.model_dump() | {"sub": account.sub} for account in accounts]

    @app.post("/accounts", status_code=201)
    def create(account: Account) -> dict[str, Any]:
        try:
            accounts.add(account)
        except Taken as taken:
            raise HTTPException(409, "identifier in use") from taken
        return account.model_dump() | {"sub": account.sub}

    @app.put("/faults")
    def break_down(faults: Faults) -> Faults:
        minter.fault, clock.ahead = faults.id_token, faults.ahead
        return faults

    return app
