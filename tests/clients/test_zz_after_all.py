"""What the server is like after all that the clients did. By its name the last file that runs."""

from __future__ import annotations

import gc

from asking import rows
from server import eventually
from serving import PASSWORD, USER

# Kept connections of the HTTP port, files of the lake that stay open in a cache.
SPARE_FILES = 8


def test_the_server_answers_and_holds_nothing(service):
    gc.collect()
    with service.connect() as connection:
        assert rows(connection, "SELECT count(*) FROM trail") == [(len(service.events),)]
    service.server.wait_for_queries(0)
    eventually(lambda: service.server.open_files() <= service.files_at_start + SPARE_FILES, 10, "handles are back")
    assert service.server.process.poll() is None


def test_memory_is_back_after_large_results(service):
    def round_of_work() -> int:
        with service.connect() as connection:
            for _ in range(3):
                with connection.cursor() as cursor:
                    cursor.execute(service.million)
                    for _ in cursor.fetch_record_batch():
                        pass
        return service.server.resident_bytes()

    first = round_of_work()
    assert round_of_work() < first + (64 << 20)


def test_the_log_tells_no_secret_and_no_panic(service):
    log = service.server.log.read_text()
    assert "panicked" not in log
    for secret in (PASSWORD, service.token):
        assert secret not in log
    assert USER in log or "login" in log
