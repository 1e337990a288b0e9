"""Registered letters: accounts, register of consents, batches, codes, proofs (A-04 to A-73)."""

from fastapi import APIRouter

from portal.pages.letters import accounts, again, batches, codes, listing, people, single, tables, writing

router = APIRouter()
for _module in (listing, accounts, people, writing, tables, batches, codes, again, single):
    router.include_router(_module.router)  # the last one's addresses are ids, which any other word would match
