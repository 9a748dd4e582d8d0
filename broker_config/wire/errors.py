"""The one exception tree. Attributes, not formatted strings; web maps it to HTTP in one place."""

from __future__ import annotations

from collections.abc import Sequence


class HuskError(Exception):
    """Base of every error of Husk's own.

    Args:
        message: what is wrong and what to do about it.
        field: JSON path of the input at fault, where there is one.
    """

    code = "internal"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message, field)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return self.message


class BadSettings(HuskError):
    """A setting is unknown, missing or out of range."""

    code = "bad_settings"


class BadMessage(HuskError):
    """A message on a queue, stream or socket does not fit its schema."""

    code = "bad_message"


class BadInput(HuskError):
    """The request is malformed (HTTP 400)."""

    code = "bad_request"


class BadField(HuskError):
    """A field breaks its rule (HTTP 422)."""

    code = "invalid"


class NotAvailable(HuskError):
    """The field or action is known but not built or not possible on this runtime (HTTP 422)."""

    code = "not_available"


class NotFound(HuskError):
    """There is no such thing, or it is somebody else's (HTTP 404)."""

    code = "not_found"


class Unauthenticated(HuskError):
    """No valid token (HTTP 401)."""

    code = "unauthenticated"


class Forbidden(HuskError):
    """The role or scope does not allow it (HTTP 403)."""

    code = "forbidden"


class CrossSite(Forbidden):
    """A browser was made to send this by a page that is not ours (HTTP 403)."""

    code = "csrf"


class Conflict(HuskError):
    """The thing's state does not allow it (HTTP 409)."""

    code = "conflict"


class KernelNotRunning(Conflict):
    """A cell was sent to a kernel that does not run (HTTP 409)."""

    code = "kernel_not_running"


class QuotaExceeded(Conflict):
    """A user has as many kernels, or as much memory in them, as one may (HTTP 409)."""

    code = "quota"


class WrongTransition(Conflict):
    """A state change that the transition table does not know, or lost the compare-and-set."""

    code = "wrong_state"


class TooLarge(HuskError):
    """The body is over the limit (HTTP 413)."""

    code = "too_large"


class Unavailable(HuskError):
    """Redis, S3, the database or a kernel did not answer in time (HTTP 503, Retry-After)."""

    code = "unavailable"


class EngineAbsent(Unavailable):
    """No Docker Engine answered in time (HTTP 503)."""

    code = "engine_absent"


class StorageFailed(HuskError):
    """An upload or download failed after its retries; names what was kept and where."""

    code = "storage"


class KernelStartFailed(HuskError):
    """The runtime could not start a kernel."""

    code = "kernel_start_failed"


class ImageMissing(KernelStartFailed):
    """The kernels' image of a flavour is not on the engine; the message holds the command that builds it."""

    code = "image_missing"


class ImageOutdated(KernelStartFailed):
    """The image there is speaks another version of the wire contract: it has to be built again."""

    code = "image_outdated"


class EnvironmentFailed(KernelStartFailed):
    """The packages of a lock could not be installed.

    Args:
        message: why, in a sentence.
        lines: the last lines of what the installer said, without that sentence.
    """

    code = "environment_failed"

    def __init__(self, message: str, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.lines = tuple(lines)


class ImageBuildFailed(HuskError):
    """Building an image failed; the message holds the failing step's last lines."""

    code = "image_build_failed"


class ResolutionFailed(HuskError):
    """Packages that do not go together, or are not there (HTTP 422); the message is uv's own words."""

    code = "resolution_failed"


class CellFailed(HuskError):
    """Raised out of the kernel's task after ``finished`` is written, so that Celery shows FAILURE.

    Carries the error's type name only: no user data reaches Celery's events.
    """

    code = "cell_failed"
