"""Lakes and trails in S3: put-if-absent, listing by prefix, and what goes wrong there."""

from __future__ import annotations

import datetime
import gzip
import json
import pathlib

import pytest

from auditlake import Auditlake, binary
from s3_server import ACCESS, Answer, Request, S3Server

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("us-east-1", "eu-west-1")
FIRST_DAY = datetime.date(2026, 1, 1)


@pytest.fixture
def on_s3(tmp_path: pathlib.Path, s3: S3Server) -> Auditlake:
    """The binary with a lake in a bucket."""
    s3.make_bucket("lake-bucket")
    return with_s3(tmp_path, s3, lake="s3://lake-bucket/audit/lake")


@pytest.fixture
def from_s3(tmp_path: pathlib.Path, s3: S3Server) -> Auditlake:
    """The binary with a lake in a folder and a trail's bucket to read from."""
    s3.make_bucket("trail-bucket")
    auditlake = with_s3(tmp_path, s3, lake=str(tmp_path / "lake"))
    auditlake.create_store()
    return auditlake


def with_s3(tmp_path: pathlib.Path, s3: S3Server, lake: str) -> Auditlake:
    flags = ["--endpoint-url", s3.url, "--allow-http", "--s3-region", "us-east-1"]
    return Auditlake(binary(), home=tmp_path / "home", lake=lake, flags=flags, env=ACCESS)


def event(number: int, day: datetime.date = FIRST_DAY) -> dict:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "eventTime": f"{day}T12:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "awsRegion": "us-east-1",
        "requestParameters": None,
        "responseElements": None,
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "managementEvent": True,
    }


def log_file(*events: dict) -> bytes:
    return gzip.compress(json.dumps({"Records": events}).encode(), mtime=0)


def key(day: datetime.date = FIRST_DAY, number: int = 0, account=ACCOUNTS[0], region=REGIONS[0]) -> str:
    name = f"{account}_CloudTrail_{region}_{day:%Y%m%d}T1210Z_{number:016}.json.gz"
    return f"AWSLogs/{account}/CloudTrail/{region}/{day:%Y/%m/%d}/{name}"


def count(auditlake: Auditlake) -> int:
    (row,) = auditlake.sql("SELECT count(*) AS n FROM trail")
    return row["n"]


def one_error(text: str, *parts: str) -> None:
    """Asserts that a text tells exactly one error, that it names all parts, and that it shows no XML."""
    errors = [line for line in text.splitlines() if line.startswith(("error: ", "warning: not imported"))]
    assert len(errors) == 1, text
    for part in parts:
        assert part in text, text
    assert "<Error>" not in text and "<?xml" not in text, text


# Lakes in a bucket


def test_a_lake_on_s3_takes_and_answers(on_s3, s3, logs):
    s3.make_bucket("trail-bucket")
    s3.put("trail-bucket", key(), log_file(event(1), event(2)))
    on_s3.create_store()
    assert on_s3.load("s3://trail-bucket/AWSLogs/")["eventsStored"] == 2
    assert count(on_s3) == 2
    assert on_s3.load("s3://trail-bucket/AWSLogs/")["eventsStored"] == 0
    assert on_s3.run("lake", "check", "--deep").returncode == 0
    assert all(name.startswith("audit/lake/") for name in s3.keys("lake-bucket"))


def test_a_local_folder_is_imported_into_a_lake_on_s3(on_s3, logs):
    on_s3.create_store()
    summary = on_s3.load(logs[0])
    assert count(on_s3) == summary["eventsStored"] > 0


def test_put_if_absent_is_proven_before_the_first_write(on_s3, s3):
    on_s3.create_store()
    puts = s3.taken(lambda request: request.method == "PUT" and "/audit/" in request.path)
    assert [put.path for put in puts[:2]] == [puts[0].path] * 2
    assert "lake.json" not in puts[0].path
    assert puts[0].path.removeprefix("/lake-bucket/") not in s3.keys("lake-bucket")


def test_a_server_without_put_if_absent_is_refused(on_s3, s3):
    s3.ignores_put_if_absent = True
    failed = on_s3.run("store", "create", "trail", check=1)
    one_error(failed.stderr, "accepts a second put")
    assert s3.keys("lake-bucket") == []


def test_a_missing_bucket_is_named(tmp_path, s3):
    auditlake = with_s3(tmp_path, s3, lake="s3://no-such-bucket/lake")
    failed = auditlake.run("store", "create", "trail", check=1)
    one_error(failed.stderr, "no-such-bucket")


# Listing


@pytest.mark.parametrize(
    "narrowing", [(), ("--account", ACCOUNTS[0]), ("--account", ACCOUNTS[0], "--region", REGIONS[0])]
)
def test_list_requests_grow_with_the_days_asked_and_not_with_the_bucket(from_s3, s3, narrowing):
    def fill(days: range) -> None:
        for day in days:
            date = FIRST_DAY + datetime.timedelta(days=day)
            for account in ACCOUNTS:
                for region in REGIONS:
                    s3.put("trail-bucket", key(date, day, account, region), log_file(event(day, date)))

    def lists(first: int, days: int) -> list[Request]:
        s3.requests.clear()
        since = FIRST_DAY + datetime.timedelta(days=first)
        until = since + datetime.timedelta(days=days)
        span = ("--since", since, "--until", until, "--dry-run")
        from_s3.run("import", "s3://trail-bucket/", "--store", "trail", *span, *narrowing)
        assert not [request for request in s3.requests if request.is_get()], "a dry run reads no logs"
        return s3.taken(Request.is_list)

    fill(range(20))
    one_day, eight_days = len(lists(5, 1)), len(lists(5, 8))
    fill(range(20, 60))
    assert len(lists(5, 1)) == one_day
    assert len(lists(5, 8)) == eight_days
    places = {0: 4, 2: 2, 4: 1}[len(narrowing)]
    assert 0 < eight_days - one_day <= 7 * places
    if narrowing:
        assert all(ACCOUNTS[1] not in "".join(request.query.get("prefix", [])) for request in lists(5, 1))


def test_a_day_is_imported_by_event_time_with_a_margin_on_key_dates(from_s3, s3):
    """An event shortly before midnight lies under the next day's prefix."""
    late = FIRST_DAY + datetime.timedelta(days=1)
    s3.put("trail-bucket", key(FIRST_DAY, 1), log_file(event(1)))
    s3.put("trail-bucket", key(late, 2), log_file(event(2), event(3, late)))
    from_s3.run("import", "s3://trail-bucket/", "--store", "trail", "--since", FIRST_DAY, "--until", late)
    assert from_s3.sql("SELECT eventID FROM trail ORDER BY eventID") == [
        {"eventID": event(1)["eventID"]},
        {"eventID": event(2)["eventID"]},
    ]


def test_other_objects_of_the_bucket_are_not_read(from_s3, s3):
    s3.put("trail-bucket", key(), log_file(event(1)))
    others = [key().replace("CloudTrail", "CloudTrail-Insight"), key().replace("CloudTrail", "Config")]
    for other in others:
        s3.put("trail-bucket", other, b"not for us")
    s3.requests.clear()
    from_s3.run("import", "s3://trail-bucket/", "--store", "trail")
    read = {request.path for request in s3.taken(Request.is_get)}
    assert read == {f"/trail-bucket/{key()}"}
    assert count(from_s3) == 1


def test_the_marker_of_a_folder_is_no_log_file(from_s3, s3):
    """Consoles make empty objects whose key ends in a slash."""
    s3.put("trail-bucket", key(), log_file(event(1)))
    s3.put("trail-bucket", "AWSLogs/", b"")
    s3.put("trail-bucket", "AWSLogs/empty/", b"")
    from_s3.run("import", "s3://trail-bucket/", "--store", "trail")
    assert count(from_s3) == 1


# What goes wrong


def test_a_denied_object_is_named_and_its_neighbours_land(from_s3, s3):
    denied = key(number=1)
    s3.put("trail-bucket", key(number=0), log_file(event(1)))
    s3.put("trail-bucket", denied, log_file(event(2)))
    refusal = Answer("403 Forbidden", "AccessDenied", "Access Denied")
    s3.faults.append(lambda request: refusal if request.is_get() and denied in request.path else None)
    done = from_s3.run("import", "s3://trail-bucket/", "--store", "trail", check=3)
    one_error(done.stderr, denied, "s3:GetObject")
    assert count(from_s3) == 1


def test_a_denied_listing_names_the_missing_permission(from_s3, s3):
    failed = denied_listing(from_s3, s3)
    one_error(failed.stderr, "s3:ListBucket")


def test_a_denied_listing_names_the_bucket(from_s3, s3):
    failed = denied_listing(from_s3, s3)
    one_error(failed.stderr, "s3://trail-bucket")


def denied_listing(auditlake: Auditlake, s3: S3Server):
    refusal = Answer("403 Forbidden", "AccessDenied", "Access Denied")
    s3.faults.append(lambda request: refusal if request.is_list() else None)
    return auditlake.run("import", "s3://trail-bucket/", "--store", "trail", check=1)


REDIRECT = Answer(
    "301 Moved Permanently",
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint.",
    more="<Endpoint>trail-bucket.s3.eu-west-1.amazonaws.com</Endpoint><Bucket>trail-bucket</Bucket>",
    headers=(("x-amz-bucket-region", "eu-west-1"),),
)
MALFORMED = Answer(
    "400 Bad Request",
    "AuthorizationHeaderMalformed",
    "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    more="<Region>eu-west-1</Region>",
)


@pytest.mark.parametrize(
    ("answer", "fix"), [(REDIRECT, "get-bucket-location"), (MALFORMED, "eu-west-1")], ids=["redirect", "malformed"]
)
def test_a_wrong_region_is_told_with_the_way_to_the_right_one(from_s3, s3, answer, fix):
    s3.faults.append(lambda request: answer if "trail-bucket" in request.path else None)
    failed = from_s3.run("import", "s3://trail-bucket/", "--store", "trail", check=1)
    one_error(failed.stderr, "the region is wrong", fix)


def test_a_wrong_region_is_told_with_the_flag_that_sets_it(from_s3, s3):
    s3.faults.append(lambda request: MALFORMED if "trail-bucket" in request.path else None)
    failed = from_s3.run("import", "s3://trail-bucket/", "--store", "trail", check=1)
    one_error(failed.stderr, "--s3-region")


def test_an_archived_object_is_named_with_the_way_to_restore_it(from_s3, s3):
    archived = key(number=1)
    s3.put("trail-bucket", key(number=0), log_file(event(1)))
    s3.put("trail-bucket", archived, log_file(event(2)), StorageClass="GLACIER")
    done = from_s3.run("import", "s3://trail-bucket/", "--store", "trail", check=3)
    one_error(done.stderr, archived, "restore")
    assert count(from_s3) == 1


def test_a_failure_is_retried_once_its_cause_is_gone(from_s3, s3):
    s3.put("trail-bucket", key(), log_file(event(1)))
    refusal = Answer("403 Forbidden", "AccessDenied", "Access Denied")
    s3.faults.append(lambda request: refusal if request.is_get() else None)
    from_s3.run("import", "s3://trail-bucket/", "--store", "trail", check=None)
    assert count(from_s3) == 0
    s3.faults.clear()
    from_s3.run("import", "s3://trail-bucket/", "--store", "trail")
    assert count(from_s3) == 1


def test_a_new_version_of_an_object_is_read_and_an_old_one_not_again(tmp_path, s3):
    s3.make_bucket("trail-bucket", versioned=True)
    auditlake = with_s3(tmp_path, s3, lake=str(tmp_path / "lake"))
    auditlake.create_store()
    s3.put("trail-bucket", key(), log_file(event(1)))
    assert auditlake.load("s3://trail-bucket/")["eventsStored"] == 1
    s3.put("trail-bucket", key(), log_file(event(1), event(2)))
    s3.requests.clear()
    assert auditlake.load("s3://trail-bucket/")["eventsStored"] == 1
    assert len(s3.taken(Request.is_get)) == 1
    assert auditlake.load("s3://trail-bucket/")["filesSkipped"] == 1
    assert s3.taken(Request.is_get) == []
    assert count(auditlake) == 2


def test_a_public_bucket_is_read_without_credentials(tmp_path, s3):
    s3.make_bucket("trail-bucket")
    s3.client.put_bucket_acl(Bucket="trail-bucket", ACL="public-read")
    s3.put("trail-bucket", key(), log_file(event(1)), ACL="public-read")
    auditlake = with_s3(tmp_path, s3, lake=str(tmp_path / "lake"))
    auditlake.env = {name: value for name, value in auditlake.env.items() if name not in ACCESS}
    auditlake.create_store()
    auditlake.run("import", "s3://trail-bucket/", "--store", "trail", "--no-sign-request")
    assert count(auditlake) == 1
