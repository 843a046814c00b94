"""What all client tests share: the binary in a home of its own, and log files to give it."""

from __future__ import annotations

import os
import pathlib

import pytest

from auditlake import Auditlake, binary, shared_folder
from s3_server import S3Server

pytest_plugins = ["serving"]


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[pathlib.Path]:
    """Folders and files of logs: the shared real ones, or synthetic ones where they are missing."""
    shared = shared_folder()
    if shared is not None:
        return [shared / "data" / "AWSLogs", shared / "data" / "real_events.ndjson.gz"]
    return [synthetic(tmp_path_factory.mktemp("synth"))]


@pytest.fixture(scope="session")
def odd_logs(tmp_path_factory: pytest.TempPathFactory) -> list[pathlib.Path]:
    """Events with wrong types, missing and unknown fields; where they are missing, hostile texts at least."""
    shared = shared_folder()
    if shared is not None:
        return [shared / "data" / "odd_events.ndjson.gz"]
    return [synthetic(tmp_path_factory.mktemp("hostile"), "--hostile-share", 1)]


def synthetic(folder: pathlib.Path, *flags) -> pathlib.Path:
    auditlake = Auditlake(binary(), home=folder / "home")
    auditlake.run("synth", "--out", folder / "logs", "--events", 5_000, "--seed", 7, *flags)
    return folder / "logs" / "AWSLogs"


@pytest.fixture(scope="session")
def s3_server():
    """An S3 server on the loopback interface, for all tests of a run."""
    with S3Server() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server) -> S3Server:
    """The S3 server, emptied and without faults."""
    s3_server.reset()
    return s3_server


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failure: nobody reads a list of skips."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    in_ci = os.environ.get("CI") or os.environ.get("AUDITLAKE_CI")
    if skipped and in_ci and os.environ.get("AUDITLAKE_ALLOW_SKIP") != "1" and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without a binary every test would fail with the same words: one line says it."""
    try:
        if not session.config.option.collectonly:
            binary()
    except FileNotFoundError as missing:
        pytest.exit(str(missing), returncode=pytest.ExitCode.USAGE_ERROR)
