"""What has to be done once a batch of events is committed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Effects:
    """``ended``: uid → executions whose results the kernel may forget; ``changed``: kernels to tell pages of;
    ``publish``: kernels that take their queue now."""

    ended: dict[str, list[str]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    publish: set[str] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        """These too."""
        for uid, ids in other.ended.items():
            self.ended.setdefault(uid, []).extend(ids)
        self.changed |= other.changed
        self.publish |= other.publish
