"""An S3 server on the loopback interface: moto, with every request noted and faults on demand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCESS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}


class Request(NamedTuple):
    """What a client asked for."""

    method: str
    path: str
    query: dict[str, list[str]]

    def is_list(self) -> bool:
        """Says whether objects are listed."""
        return self.method == "GET" and "list-type" in self.query

    def is_get(self) -> bool:
        """Says whether an object is read."""
        return self.method == "GET" and not self.query and self.path.count("/") > 1


class Answer(NamedTuple):
    """An error in the words of S3."""

    status: str
    code: str
    message: str
    more: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        """Returns the XML document."""
        inner = f"<Code>{self.code}</Code><Message>{self.message}</Message>{self.more}"
        tail = "<RequestId>SYNTH0000000000</RequestId><HostId>host</HostId>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}{tail}</Error>'.encode()


Fault = Callable[[Request], "Answer | None"]


class S3Server:
    """A server with its requests so far (`requests`) and what it does wrong (`faults`)."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.ignores_put_if_absent = False
        logging.getLogger("werkzeug").setLevel(logging.ERROR)

    def __enter__(self) -> S3Server:
        self.server = make_server("127.0.0.1", 0, self.answer, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
        )
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def reset(self) -> None:
        """Removes all buckets, faults and notes."""
        self.faults.clear()
        self.ignores_put_if_absent = False
        for bucket in self.client.list_buckets()["Buckets"]:
            name = bucket["Name"]
            for version in self.client.list_object_versions(Bucket=name).get("Versions", []):
                self.client.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
            self.client.delete_bucket(Bucket=name)
        self.requests.clear()

    def answer(self, environ, start_response):
        """Answers one request: WSGI."""
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        request = Request(environ["REQUEST_METHOD"], environ["PATH_INFO"], query)
        self.requests.append(request)
        if self.ignores_put_if_absent:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        for fault in self.faults:
            if answer := fault(request):
                body = answer.body() if request.method != "HEAD" else b""
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start_response(answer.status, [("Content-Type", "application/xml"), *answer.headers])
                return [body]
        return self.moto(environ, start_response)

    def make_bucket(self, name: str, versioned: bool = False) -> None:
        """Makes a bucket."""
        self.client.create_bucket(Bucket=name)
        if versioned:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def put(self, bucket: str, key: str, body: bytes, **options) -> None:
        """Writes an object."""
        self.client.put_object(Bucket=bucket, Key=key, Body=body, **options)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Returns the keys under a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def taken(self, which: Callable[[Request], bool]) -> list[Request]:
        """Returns the requests so far that are of a kind, and forgets all."""
        found = [request for request in self.requests if which(request)]
        self.requests.clear()
        return found
