"""Files in S3: written in parts, so that memory holds one part, and there only when whole."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

# S3 takes parts of 5 MB and more, and 10,000 of them.
PART = 8 * 1024 * 1024


class S3Files:
    """One bucket, which nobody but its functions can read without a link."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write(self, key: str, content_type: str, pieces: Iterable[bytes]) -> int:
        """Its size in bytes; what raises in between leaves nothing behind."""
        parts = _parts(pieces)
        first = next(parts, b"")
        second = next(parts, None)
        where: Any = {"Bucket": self._bucket, "Key": key}
        if second is None:
            self._client.put_object(**where, ContentType=content_type, Body=first)
            return len(first)
        upload = self._client.create_multipart_upload(**where, ContentType=content_type)
        where["UploadId"] = upload["UploadId"]
        try:
            return self._upload(where, _chained(first, second, parts))
        except BaseException:
            self._client.abort_multipart_upload(**where)
            raise

    def link(self, key: str, name: str, seconds: int) -> str:
        """Saved as `name` by a browser."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            },
            ExpiresIn=seconds,
        )

    def _upload(self, where: Any, parts: Iterable[bytes]) -> int:
        size, sent = 0, []
        for number, part in enumerate(parts, 1):
            answer = self._client.upload_part(**where, PartNumber=number, Body=part)
            sent.append({"PartNumber": number, "ETag": answer["ETag"]})
            size += len(part)
        done: Any = {"Parts": sent}
        self._client.complete_multipart_upload(**where, MultipartUpload=done)
        return size


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= PART:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _chained(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest
