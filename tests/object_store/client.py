"""The store behind handseg's back."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from tests.object_store import servers
from tests.object_store.servers import Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def client(server: Server) -> "S3Client":
    """A client of a server's own."""
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=servers.KEY,
        aws_secret_access_key=servers.SECRET,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
