"""What a user has of what one may have."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tasks.ledger.quotas import Quota, Usage
from web.validation.fields import Shape


class QuotaShape(Shape):
    """What a user has; a limit of null is none."""

    kernels: int = Field(description="That there are, running or not")
    kernels_limit: int | None
    memory_gb: float = Field(description="Limits of the kernels that run, or are about to, in all")
    memory_gb_limit: float | None


def show_quota(used: Usage, quota: Quota) -> dict[str, Any]:
    """As plain data."""
    return {
        "kernels": used.kernels,
        "kernels_limit": quota.kernels or None,
        "memory_gb": round(used.memory_gb, 6),
        "memory_gb_limit": quota.memory_gb or None,
    }
