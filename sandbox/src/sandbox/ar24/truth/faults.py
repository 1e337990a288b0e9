"""What goes wrong from now on. A count is the number of next calls that it strikes; -1 strikes them all."""

from pydantic import BaseModel, ConfigDict, Field

_COUNT = Field(default=0, ge=-1)


class Faults(BaseModel):
    """The faults of the moment; durations are in seconds."""

    model_config = ConfigDict(extra="forbid")

    route: str = ""
    """The counts below strike only calls of which "METHOD path" begins so, such as "POST mail"; empty: every call."""
    cut_before_commit: int = _COUNT
    cut_after_commit: int = _COUNT
    truncated: int = _COUNT
    wrong_iv: int = _COUNT
    clear_json: int = _COUNT
    server_error: int = _COUNT

    server_error_code: int = Field(default=503, ge=500, le=599)
    maintenance: bool = False
    slow_s: float = Field(default=0, ge=0, le=600)
    clock_skew_s: float = 0
    extra_fields: bool = False
    unknown_status: str = ""
    status_lags: bool = False
    list_lag_s: float = Field(default=0, ge=0)
    send_cap: int | None = Field(default=None, ge=0)
    grant_uses: int | None = Field(default=None, ge=0)
    """After so many letters more, what a code gave has ended, as if its hour were over in the middle of a release."""

    proof_delay_s: float = Field(default=0, ge=0)
    proof_urls_generation: int = 0
    proofs_purged: bool = False
    proofs_altered: bool = False

    webhook_missing: bool = False
    webhook_duplicate: bool = False
    webhook_late_s: float = Field(default=0, ge=0)
    webhook_reorder: bool = False

    def strikes(self, name: str) -> bool:
        """Take one stroke from the count of this name."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0
