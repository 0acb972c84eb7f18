"""How many messages wait in queues."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsDepths:
    """Of queues by their URLs; each is named by the end of its URL."""

    def __init__(self, client: "SQSClient", urls: Sequence[str]) -> None:
        self._client = client
        self._urls = urls

    def __call__(self) -> dict[str, int]:
        """About as many as SQS says."""
        return {url.rpartition("/")[2]: self._depth(url) for url in self._urls}

    def _depth(self, url: str) -> int:
        name: Any = "ApproximateNumberOfMessages"
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name])
