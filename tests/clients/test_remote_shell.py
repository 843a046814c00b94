"""The shell over a server: the same prompt, answered from elsewhere."""

from __future__ import annotations

import re
import time

import pytest

from server import eventually
from serving import PASSWORD, USER, Service
from terminal import Terminal

PROMPT = r"auditlake( since \S+)?> $"
CTRL_C, CTRL_D, TAB = "\x03", "\x04", "\t"


def shell(service: Service, *arguments, password: str = PASSWORD) -> Terminal:
    command = [service.auditlake.path, *(arguments or ["shell"]), "--connect", service.uri, "--user", USER]
    return Terminal(command, {**service.auditlake.env, "PAGER": "cat", "AUDITLAKE_PASSWORD": password})


@pytest.fixture
def prompt(service: Service):
    """A shell at its first prompt."""
    with shell(service) as terminal:
        terminal.wait(PROMPT)
        yield terminal


def test_a_statement_is_answered_by_the_server(service, prompt):
    assert service.uri in prompt.text
    prompt.line("SELECT count(*) AS n")
    prompt.line("FROM trail;")
    assert re.search(rf"\b{len(service.events)}\b", prompt.wait(r"1 row in .*\n"))
    prompt.wait(PROMPT)
    prompt.send(CTRL_D)
    assert prompt.ended() == 0


def test_errors_point_into_the_statement_and_the_shell_goes_on(prompt):
    prompt.line("SELECT evntName FROM trail;")
    shown = prompt.wait(PROMPT)
    assert "error:" in shown and "^" in shown and "eventName" in shown
    prompt.line("SELECT 7 AS seven;")
    assert "7" in prompt.wait(r"1 row in")


def test_commands_tell_what_is_there(prompt):
    for typed, expected in [
        ("\\pager off", "pager is off"),
        ("\\l", r"trail +\| ENABLED"),
        ("\\d trail", r"sessionContext +\| row"),
        ("\\d trail", r"requestParameters +\| map\(varchar, varchar\)"),
        ("\\d system.queries", "state"),
        ("\\df extract_scalar", r"json_extract_scalar\(json, '\$\.path'\)"),
        ("\\set name 'x'", ""),
        ("SELECT count(*) AS n FROM trail WHERE eventName = :name;", r"\n *0 *\n"),
        ("\\since 2100-01-01", ""),
        ("SELECT count(*) AS n FROM trail;", r"\n *0 *\n"),
    ]:
        prompt.line(typed)
        shown = prompt.wait(PROMPT)
        assert re.search(expected, shown), f"{typed}: {shown}"


def test_ctrl_c_cancels_the_query_on_the_server(service, prompt):
    prompt.line(service.endless + ";")
    eventually(lambda: service.server.running_queries() >= 1, 10, "the query runs")
    prompt.send(CTRL_C)
    prompt.wait("cancelled", timeout=2)
    eventually(lambda: service.server.running_queries() == 0, 5, "the query is stopped")
    prompt.wait(PROMPT)
    prompt.line("SELECT 7 AS seven;")
    prompt.wait(r"1 row in")


def test_tab_completes_tables_columns_and_values(service, prompt):
    source = service.auditlake.sql(
        "SELECT eventSource FROM trail GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )[0]["eventSource"]
    prompt.send("SELECT userid" + TAB)
    prompt.wait("userIdentity")
    prompt.send(" FROM tra" + TAB)
    prompt.wait("FROM trail")
    prompt.send(CTRL_C)
    prompt.wait(PROMPT)
    # The sample of values is taken in the background.
    for _ in range(50):
        prompt.send(f"SELECT 1 FROM trail WHERE eventSource = '{source[:-4]}" + TAB)
        time.sleep(0.2)
        prompt.send(CTRL_C)
        if f"'{source}'" in prompt.wait(PROMPT):
            break
    else:
        pytest.fail("the value was never offered")


def test_an_event_is_shown_whole(service, prompt):
    event = next(event["eventID"] for event in service.events if event.get("eventID"))
    prompt.line("\\pager off")
    prompt.wait(PROMPT)
    prompt.line(f"\\event {event}")
    assert f'"eventID": "{event}"' in prompt.wait(PROMPT)


def test_a_wrong_password_ends_with_one_line_and_a_hint(service):
    with shell(service, password="hunter2") as terminal:
        assert terminal.ended() == 1
        assert "Check user name and password" in terminal.text
        assert "hunter2" not in terminal.text


def test_the_password_is_asked_for_and_not_shown(service):
    command = [service.auditlake.path, "shell", "--connect", service.uri, "--user", USER]
    with Terminal(command, {**service.auditlake.env, "PAGER": "cat"}) as terminal:
        terminal.wait("Password of ")
        terminal.line(PASSWORD)
        terminal.wait(PROMPT)
        assert PASSWORD not in terminal.text
