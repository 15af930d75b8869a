"""One server of S3 for all of these tests, with a prefix of its own for each."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from s3_server import KEYS, Lab, new_prefix


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """The address of a server of S3 on this machine, which has the bucket `bucket`."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="bucket")
    client.close()
    yield address
    server.stop()


@pytest.fixture
def s3(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server, as the environment of a user says it; its address."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_address)
    return s3_address


@pytest.fixture
def lab(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    return Lab(f"s3://bucket/{new_prefix()}", tmp_path, monkeypatch)
