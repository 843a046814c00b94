"""Exports read by other software, and exports into S3."""

from __future__ import annotations

import gzip
import hashlib
import json
import pathlib
import re

import polars
import pytest

from auditlake import Auditlake, binary
from cloudtrail import canonical, distinct_events, parse, records_of
from s3_server import ACCESS, Answer, Request, S3Server


@pytest.fixture
def loaded(tmp_path, s3, logs, odd_logs) -> Auditlake:
    """The binary with a local lake of all logs, and an S3 server to export to."""
    s3.make_bucket("out-bucket")
    flags = ["--endpoint-url", s3.url, "--allow-http", "--s3-region", "us-east-1"]
    auditlake = Auditlake(binary(), home=tmp_path / "home", lake=str(tmp_path / "lake"), flags=flags, env=ACCESS)
    auditlake.create_store()
    auditlake.load(*logs)
    # Some records are no events; they go to quarantine, not into an export.
    auditlake.load(*odd_logs, check=None)
    return auditlake


def export(auditlake: Auditlake, *arguments) -> dict:
    return json.loads(auditlake.run("export", "trail", "--json", *arguments).stdout)


def stored(auditlake: Auditlake, store: str = "trail") -> list[str]:
    rows = auditlake.sql(f"SELECT eventJson AS event FROM {store}")
    return sorted(canonical(parse(row["event"])) for row in rows)


def delivered(logs: list[pathlib.Path]) -> list[str]:
    def is_event(record: dict) -> bool:
        if record.get("eventCategory") == "Insight":
            return False  # of another store
        return bool(record.get("eventID")) or re.match(r"\d{4}-\d\d-\d\d", str(record.get("eventTime"))) is not None

    return sorted(canonical(event) for event in distinct_events(logs) if is_event(event))


def uploads(s3: S3Server) -> list[dict]:
    """Returns the uploads that were begun and neither completed nor aborted."""
    return s3.client.list_multipart_uploads(Bucket="out-bucket").get("Uploads", [])


def test_every_event_comes_back_with_all_its_digits(loaded, tmp_path, logs, odd_logs):
    export(loaded, "-o", tmp_path / "json", "--part-size", "1MB")
    export(loaded, "-o", tmp_path / "all.ndjson.gz")
    expected = delivered([*logs, *odd_logs])
    parts = sorted((tmp_path / "json").iterdir())
    assert len(parts) > 1
    assert sorted(canonical(event) for part in parts for event in records_of(part)) == expected
    assert sorted(canonical(event) for event in records_of(tmp_path / "all.ndjson.gz")) == expected


def test_parquet_holds_columns_and_events(loaded, tmp_path, logs, odd_logs):
    summary = export(loaded, "-o", tmp_path / "rows", "--format", "parquet", "--part-size", "1MB")
    table = polars.read_parquet(sorted((tmp_path / "rows").iterdir()))
    assert table.height == summary["events"]
    events = sorted(canonical(parse(event)) for event in table["eventJson"])
    assert events == delivered([*logs, *odd_logs])
    (names,) = loaded.sql("SELECT count(DISTINCT eventName) AS n FROM trail")
    assert table["eventName"].drop_nulls().n_unique() == names["n"]
    assert not [name for name in table.columns if name.startswith("_")]


@pytest.mark.parametrize("form", ["cloudtrail-json", "ndjson"])
def test_parts_in_s3_import_into_a_second_lake(loaded, s3, tmp_path, form):
    summary = export(loaded, "-o", "s3://out-bucket/a/export", "--format", form, "--part-size", "1MB")
    ending = "json.gz" if form == "cloudtrail-json" else "ndjson.gz"
    keys = s3.keys("out-bucket")
    assert keys == [f"a/export/part-{number:05}.{ending}" for number in range(1, len(keys) + 1)]
    assert len(keys) == len(summary["files"]) > 1
    assert uploads(s3) == []
    for key, file in zip(keys, summary["files"]):
        body = s3.client.get_object(Bucket="out-bucket", Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == file["sha256"]
        assert len(body) == file["sizeBytes"]
        local = tmp_path / "parts" / key.rpartition("/")[2]
        local.parent.mkdir(exist_ok=True)
        local.write_bytes(body)
    second = Auditlake(binary(), home=tmp_path / "home", lake=str(tmp_path / "second"))
    second.create_store()
    second.load(tmp_path / "parts")
    assert stored(second) == stored(loaded)


def test_one_object_is_named_in_full(loaded, s3):
    summary = export(loaded, "-o", "s3://out-bucket/all.json.gz")
    assert s3.keys("out-bucket") == ["all.json.gz"]
    body = s3.client.get_object(Bucket="out-bucket", Key="all.json.gz")["Body"].read()
    assert len(json.loads(gzip.decompress(body))["Records"]) == summary["events"]
    export(loaded, "-o", "s3://out-bucket/none.ndjson", "--where", "eventName = 'NoSuchCall'")
    assert s3.client.get_object(Bucket="out-bucket", Key="none.ndjson")["Body"].read() == b""


def test_parts_of_another_export_are_not_mixed_with_new_ones(loaded, s3):
    s3.put("out-bucket", "a/part-00001.json.gz", b"old")
    failed = loaded.run("export", "trail", "-o", "s3://out-bucket/a/", check=1)
    assert "the prefix holds parts of another export" in failed.stderr
    assert s3.keys("out-bucket") == ["a/part-00001.json.gz"]


def test_a_refused_upload_leaves_no_object_and_no_upload(loaded, s3):
    refusal = Answer("403 Forbidden", "AccessDenied", "Access Denied")

    def second_part(request: Request):
        return refusal if request.method == "PUT" and "part-00002" in request.path else None

    s3.faults.append(second_part)
    failed = loaded.run("export", "trail", "-o", "s3://out-bucket/a/", "--part-size", "1MB", check=1)
    assert "part-00002" in failed.stderr and "<Error>" not in failed.stderr
    s3.faults.clear()
    assert s3.keys("out-bucket") == []
    assert uploads(s3) == []


def test_a_failing_query_leaves_no_object_and_no_upload(loaded, s3):
    loaded.run("export", "trail", "-o", "s3://out-bucket/a/", "--where", "CAST(eventName AS BIGINT) = 1", check=1)
    assert s3.keys("out-bucket") == []
    assert uploads(s3) == []


def test_a_missing_bucket_is_named(loaded):
    failed = loaded.run("export", "trail", "-o", "s3://no-such-bucket/a/", check=1)
    assert "no-such-bucket" in failed.stderr


def test_evidence_names_the_s3_version_of_each_source(loaded, s3, tmp_path):
    s3.make_bucket("trail-bucket", versioned=True)
    event = {"eventVersion": "1.11", "eventTime": "2026-01-01T00:00:00Z", "eventName": "AssumeRole", "eventID": "one"}
    key = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/01/111122223333_CloudTrail_us-east-1_20260101T0000Z_0000000000000000.json.gz"
    second = Auditlake(
        loaded.path, home=tmp_path / "home", lake=str(tmp_path / "second"), flags=loaded.flags[2:], env=ACCESS
    )
    second.create_store()
    texts = []
    for number in (1, 2):
        # The second version of the object holds one more event.
        records = [{**event, "eventID": f"event-{n}"} for n in range(number)]
        texts.append(json.dumps({"Records": records}).encode())
        s3.put("trail-bucket", key, gzip.compress(texts[-1], mtime=0))
        second.load("s3://trail-bucket/")
    second.run("sql", "-c", "SELECT eventID FROM trail ORDER BY eventID", "--evidence", tmp_path / "ev", "--format", "csv")
    rows = polars.read_csv(tmp_path / "ev" / "provenance.csv").to_dicts()
    assert [row["sourceSha256"] for row in rows] == [hashlib.sha256(text).hexdigest() for text in texts]
    assert [row["sourcePosition"] for row in rows] == [0, 1]
    assert {row["sourceObject"] for row in rows} == {f"s3://trail-bucket/{key}"}
    assert len({row["sourceEtag"] for row in rows}) == 2
    manifest = json.loads((tmp_path / "ev" / "manifest.json").read_bytes())
    for file in [manifest["query"]["file"], *manifest["result"]["files"], manifest["provenance"]["file"]]:
        body = (tmp_path / "ev" / file["name"]).read_bytes()
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (file["sha256"], file["sizeBytes"])
    plain = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert (tmp_path / "ev" / "manifest.json").read_text(encoding="utf-8") == plain
