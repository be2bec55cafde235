"""Where input and output are: paths of this machine, and URIs of the file systems that PyArrow knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drum.errors import DrumError

S3_CONNECT_S, S3_REQUEST_S, ATTEMPTS = 5, 60, 3
GCS_PATIENCE = timedelta(seconds=30)
NO_ACCESS = ("ACCESS_DENIED", "AccessDenied", "Forbidden", "403", "401", "redential", "INVALID_ACCESS_KEY", "SIGNATURE",
             "Signature", "InvalidAccessKeyId", "Anonymous", "ANONYMOUS")  # fmt: skip
CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    "abfs": "AZURE_STORAGE_ACCOUNT and the credentials of it",
}
SAME = {"gcs": "gs", "abfss": "abfs"}


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file system of PyArrow's; ``text`` is how the user wrote it."""

    text: str
    filesystem: Any
    path: str

    @property
    def is_local(self) -> bool:
        """Tell whether the place is a path of the machine that looks at it."""
        return bool(self.filesystem.type_name == "local")

    @property
    def replaces_at_once(self) -> bool:
        """Tell whether a file that is written appears when it is complete, as objects in a store do."""
        return self.filesystem.type_name in ("s3", "gcs", "abfs")

    def child(self, name: str) -> Location:
        """Return a place in this folder."""
        return Location(f"{self.text.rstrip('/')}/{name}", self.filesystem, f"{self.path.rstrip('/')}/{name}")


def locate(text: str, fault: type[DrumError]) -> Location:
    """Find out which file system a path or a URI belongs to.

    :param fault: the error to raise.
    :raises DrumError: if there is no such file system, or it cannot be reached.
    """
    import pyarrow.fs as fs

    scheme, separator, rest = text.partition("://")
    if not separator or scheme == "file":
        return Location(text, fs.LocalFileSystem(), str(Path(rest if separator else text).expanduser().absolute()))
    with refusing(text, fault):
        if SAME.get(scheme, scheme) == "s3":
            return Location(text, _s3(rest.partition("/")[0]), rest.rstrip("/"))
        if SAME.get(scheme, scheme) == "gs":
            return Location(text, fs.GcsFileSystem(retry_time_limit=GCS_PATIENCE), rest.rstrip("/"))
        fixed, pattern = _fixed_part(text)
        filesystem, path = fs.FileSystem.from_uri(fixed)
        return Location(text, filesystem, (path.rstrip("/") + "/" + pattern).rstrip("/"))


def _s3(bucket: str) -> Any:
    """Open S3, or what speaks like it at ``AWS_ENDPOINT_URL``, with less patience than PyArrow's own."""
    import pyarrow.fs as fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region is None and endpoint is None:
        region = fs.resolve_s3_region(bucket)
    return fs.S3FileSystem(
        region=region, endpoint_override=endpoint, connect_timeout=S3_CONNECT_S, request_timeout=S3_REQUEST_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    )  # fmt: skip


def _fixed_part(text: str) -> tuple[str, str]:
    """Split a URI before the first part of its path that is a pattern."""
    parts = text.split("/")
    count = next((place for place, part in enumerate(parts) if set(part) & set("*?[")), len(parts))
    return "/".join(parts[:count]), "/".join(parts[count:])


@contextmanager
def refusing(text: str, fault: type[DrumError]) -> Iterator[None]:
    """Turn what a file system raises into an error that names the place, and credentials where they may be missing."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        scheme = text.partition("://")[0]
        needed = CREDENTIALS.get(SAME.get(scheme, scheme)) if any(word in said for word in NO_ACCESS) else None
        hint = f" Are there credentials, and do they permit it? Set {needed}." if needed else ""
        raise fault(f"'{text}' cannot be reached: {said[:500]}{'' if said.endswith('.') else '.'}{hint}") from error
