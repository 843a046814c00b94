"""The shell in a terminal: what is typed, what is shown, and what Ctrl-C does."""

from __future__ import annotations

import re
import shutil
import stat
import time

import pytest

from auditlake import Auditlake, binary
from terminal import Terminal

PROMPT = r"auditlake( since \w+)?> $"
PAGER = "less -FRSX" if shutil.which("less") else "cat"
CTRL_C, CTRL_D, CTRL_R, TAB = "\x03", "\x04", "\x12", "\t"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, logs):
    """A lake with the store `trail`."""
    folder = tmp_path_factory.mktemp("shell")
    auditlake = Auditlake(binary(), home=folder / "home", lake=str(folder / "lake"))
    auditlake.create_store("trail")
    auditlake.load(*logs, check=None) if len(logs) > 1 else auditlake.load(*logs)
    return auditlake


def shell(lake: Auditlake, *arguments, rows=40, columns=150, **env) -> Terminal:
    command = [lake.path, *(arguments or ["shell"]), *lake.flags]
    return Terminal(command, {**lake.env, "PAGER": PAGER, **env}, rows, columns)


@pytest.fixture
def prompt(lake: Auditlake):
    """A shell at its first prompt."""
    with shell(lake) as terminal:
        terminal.wait(PROMPT)
        yield terminal


def count(lake: Auditlake) -> int:
    return lake.sql("SELECT count(*) AS n FROM trail")[0]["n"]


def test_a_statement_of_several_lines_is_answered(lake, prompt):
    prompt.line("SELECT count(*) AS events")
    prompt.line("FROM trail")
    prompt.line("WHERE ';' = ';' -- ;")
    prompt.line(";")
    shown = prompt.wait(r"1 row in .*files?, .*\n")
    assert re.search(rf"\b{count(lake)}\b", shown)
    prompt.wait(PROMPT)
    prompt.send(CTRL_D)
    assert prompt.ended() == 0


def test_sql_without_a_statement_opens_the_prompt(lake):
    with shell(lake, "sql") as terminal:
        terminal.wait(PROMPT)
        terminal.line("quit")
        assert terminal.ended() == 0


def test_errors_point_into_the_statement_and_the_shell_goes_on(prompt):
    prompt.line("SELECT evntName FROM trail;")
    shown = prompt.wait(PROMPT)
    assert "error:" in shown and "^" in shown and "eventName" in shown
    prompt.line("\\tming")
    assert "Did you mean `\\timing`?" in prompt.wait(PROMPT)


def test_commands_tell_what_is_there(prompt):
    for typed, expected in [
        ("\\pager off", "pager is off"),
        ("\\l", r"trail +\| ENABLED"),
        ("\\d trail", r"sessionContext +\| row"),
        ("\\df extract_scalar", r"json_extract_scalar\(json, '\$\.path'\)"),
        ("\\?", r"\\since"),
        ("\\timing", "timing is off"),
        ("\\format ndjson", "format is ndjson"),
        ("\\tz Europe/Berlin", "Europe/Berlin"),
        ("\\set user alice", ""),
        ("\\set", r":user +alice"),
        ("\\pset", r"tz +Europe/Berlin"),
        ("\\examples", "example"),
        ("\\history 3", r"\\examples"),
        ("\\echo here", "here"),
    ]:
        prompt.line(typed)
        shown = prompt.wait(PROMPT)
        assert re.search(expected, shown), f"{typed}: {shown}"


def test_a_time_bound_is_in_the_prompt_and_in_the_answer(lake, prompt):
    prompt.line("\\since 2100-01-01")
    prompt.wait(r"auditlake since 2100-01-01> $")
    prompt.line("SELECT count(*) AS n FROM trail;")
    assert re.search(r"\n *0 *\n", prompt.wait(r"1 row in"))
    prompt.line("\\since off")
    prompt.wait(r"auditlake> $")
    prompt.line("SELECT count(*) AS n FROM trail;")
    assert str(count(lake)) in prompt.wait(r"1 row in")


def test_an_event_is_shown_whole_with_its_source(lake, prompt):
    event = lake.sql("SELECT eventID FROM trail WHERE eventID IS NOT NULL LIMIT 1")[0]["eventID"]
    prompt.line("\\pager off")
    prompt.wait(PROMPT)
    prompt.line(f"\\event {event}")
    shown = prompt.wait(PROMPT)
    assert f'"eventID": "{event}"' in shown
    assert re.search(r"source +\S+", shown) and re.search(r"position +\d+", shown)
    prompt.line("\\event 00000000-0000-0000-0000-000000000000")
    assert "no event" in prompt.wait(PROMPT)


def test_tab_completes_tables_columns_and_values(lake, prompt):
    source = lake.sql("SELECT eventSource FROM trail GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[0]["eventSource"]
    prompt.send("SELECT userid" + TAB)
    prompt.wait("userIdentity")
    prompt.send(".typ" + TAB)
    prompt.wait(r"userIdentity\.type")
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


def test_ctrl_c_cancels_the_query_and_keeps_the_shell(prompt):
    prompt.line("SELECT count(*) FROM trail a, trail b, trail c WHERE a.eventName < b.eventName AND b.eventID > c.eventID;")
    prompt.wait(r"Ctrl-C cancels")
    prompt.send(CTRL_C)
    prompt.wait("cancelled")
    prompt.wait(PROMPT)
    prompt.line("SELECT 41 + 1 AS answer;")
    assert "42" in prompt.wait("1 row in")


def test_ctrl_c_at_the_prompt_clears_the_line(prompt):
    prompt.send("SELECT nonsense")
    prompt.send(CTRL_C)
    prompt.wait(PROMPT)
    prompt.line("SELECT 1 AS one;")
    assert "one" in prompt.wait("1 row in")


def test_history_is_kept_for_its_user_alone_and_searched(lake):
    with shell(lake) as terminal:
        terminal.wait(PROMPT)
        terminal.line("SELECT 'needle' AS found;")
        terminal.wait("1 row in")
        terminal.line("\\q")
        assert terminal.ended() == 0
    (history,) = [path for path in home(lake).rglob("history") if path.is_file()]
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with shell(lake) as terminal:
        terminal.wait(PROMPT)
        terminal.send(CTRL_R + "needl")
        terminal.wait("SELECT 'needle' AS found;")
        terminal.send("\r")
        assert "needle" in terminal.wait("1 row in")


def home(lake: Auditlake):
    import pathlib

    return pathlib.Path(lake.env["HOME"])


@pytest.mark.skipif(PAGER == "cat", reason="less is not installed")
def test_a_long_result_goes_through_the_pager_and_quitting_stops_the_query(prompt):
    prompt.line("SELECT a.eventID FROM trail a, trail b, trail c;")
    prompt.wait("eventID")
    time.sleep(1)
    prompt.send("q")
    prompt.wait(r"rows in")
    prompt.wait(PROMPT)
    prompt.line("SELECT 41 + 1 AS answer;")
    assert "42" in prompt.wait("1 row in")


def test_two_hundred_lines_are_pasted_at_once(prompt):
    prompt.line("\\pager off")
    prompt.wait(PROMPT)
    lines = "".join(f"  {number} AS column_{number},\n" for number in range(198))
    prompt.send(f"\x1b[200~SELECT\n{lines}  'end' AS last;\x1b[201~")
    prompt.send("\r")
    prompt.wait(r"1 row in", timeout=60)
    statements = "\n".join(f"SELECT {number} AS n{number};" for number in range(200))
    prompt.wait(PROMPT)
    prompt.send(f"\x1b[200~{statements}\x1b[201~\r")
    prompt.wait(r"n199[^\0]*1 row in", timeout=120)


def test_the_window_may_change_its_size(prompt):
    prompt.resize(20, 60)
    prompt.send("SELECT 'a text that is longer than the window is wide now, and so is folded' AS folded")
    prompt.resize(50, 200)
    prompt.line(";")
    assert "folded" in prompt.wait("1 row in")


def test_results_go_to_files(lake, prompt, tmp_path):
    prompt.line(f"\\o {tmp_path}/rows.csv")
    prompt.wait("as csv")
    prompt.line("SELECT 1 AS a; SELECT 2 AS a;")
    prompt.wait(r"1 row in[^\0]*1 row in")
    prompt.wait(PROMPT)
    prompt.line("\\o")
    prompt.wait("go to the screen")
    prompt.wait(PROMPT)
    assert (tmp_path / "rows.csv").read_text() == "a\n1\na\n2\n"
    prompt.line(f"SELECT 3 AS a \\g {tmp_path}/one.ndjson")
    prompt.wait("1 row in")
    assert (tmp_path / "one.ndjson").read_text() == '{"a":3}\n'
    (tmp_path / "some.sql").write_text("SELECT 4 AS four;\n\\echo after\nSELECT 5 AS five")
    prompt.line(f"\\i {tmp_path}/some.sql")
    assert "after" in prompt.wait("five[^\\0]*1 row in")


def test_parameters_are_values_and_never_text_of_the_statement(prompt):
    for typed in ("\\set who = \"x' OR '1' = '1\"", "\\set n:number 5"):
        prompt.line(typed)
        prompt.wait(PROMPT)
    prompt.line("SELECT :who AS who, 2 * :n AS ten WHERE 1 = 1;")
    shown = prompt.wait("1 row in")
    assert "x' OR '1' = '1" in shown and "10" in shown
    prompt.wait(PROMPT)
    prompt.line("SELECT :nobody;")
    assert "\\set nobody VALUE" in prompt.wait(PROMPT)
    prompt.line("\\set n:number five")
    assert "error:" in prompt.wait(PROMPT)


def test_results_have_the_form_that_was_chosen(lake, prompt, tmp_path):
    prompt.line("\\pager off")
    prompt.wait(PROMPT)
    prompt.line("SELECT 1 AS a, 'x' AS b \\gx")
    assert re.search(r"a +\|? *1\n", prompt.wait("1 row in"))
    prompt.wait(PROMPT)
    prompt.line("\\tz Asia/Tokyo")
    prompt.wait(PROMPT)
    prompt.line("SELECT min(eventTime) AS at FROM trail;")
    assert "+09:00" in prompt.wait("1 row in")
    prompt.line("SELECT eventTime, eventJson FROM trail LIMIT 3;")
    shown = prompt.wait("3 rows in")
    assert max(len(line) for line in shown.splitlines()[1:]) <= 150
    prompt.wait(PROMPT)
    prompt.line("\\format parquet")
    prompt.wait(PROMPT)
    prompt.line("SELECT 1 AS a;")
    assert "file only" in prompt.wait(PROMPT)
    prompt.line(f"SELECT 1 AS a \\g {tmp_path}/rows.parquet")
    prompt.wait("1 row in")
    assert (tmp_path / "rows.parquet").read_bytes()[:4] == b"PAR1"


def test_the_editor_changes_the_last_statement(lake, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i s/1/7/ \"$1\"\n")
    editor.chmod(0o755)
    with shell(lake, EDITOR=str(editor)) as terminal:
        terminal.wait(PROMPT)
        terminal.line("SELECT 1 * 6 AS x;")
        terminal.wait("1 row in")
        terminal.wait(PROMPT)
        terminal.line("\\e")
        terminal.wait(r"SELECT 7 \* 6 AS x;")
        terminal.send("\r")
        assert "42" in terminal.wait("1 row in")


def test_watch_repeats_until_ctrl_c(prompt):
    prompt.line("SELECT 7 AS seven \\watch 0.2")
    prompt.wait(r"1 row in[^\0]*1 row in[^\0]*1 row in")
    prompt.send(CTRL_C)
    prompt.wait(PROMPT)
    prompt.line("\\g")
    assert "seven" in prompt.wait("1 row in")


def test_a_chart_is_drawn(prompt):
    prompt.line("SELECT eventName, count(*) AS n FROM trail GROUP BY 1 ORDER BY n DESC LIMIT 5;")
    prompt.wait(PROMPT)
    prompt.line("\\chart")
    assert prompt.wait(PROMPT).count("█") > 20


def test_the_rc_file_is_run_at_the_start(lake):
    config = home(lake) / ".config" / "auditlake"
    config.mkdir(parents=True, exist_ok=True)
    (config / "rc").write_text("\\since 7d\n\\keys vi\n")
    try:
        with shell(lake) as terminal:
            terminal.wait(r"auditlake since 7d> $")
        with shell(lake, "shell", "--no-rc") as terminal:
            terminal.wait(r"auditlake> $")
    finally:
        (config / "rc").unlink()


def test_hostile_values_do_not_steer_the_terminal(lake, prompt):
    prompt.line("SELECT chr(27) || '[2J' || chr(8238) AS x;")
    prompt.wait("1 row in")
    assert "\\u{1b}[2J\\u{202e}" in prompt.text
    assert "\u202e" not in prompt.text


def test_without_a_terminal_all_of_stdin_is_run(lake):
    done = lake.run("shell", input="\\echo begin\nSELECT 1 AS one;\n\\format csv\nSELECT 2 AS two")
    assert done.stdout.endswith("two\n2\n") and "one" in done.stdout and "begin" in done.stderr
    done = lake.run("shell", input="SELECT nonsense;\nSELECT 2 AS two;", check=1)
    assert "two" not in done.stdout and "error:" in done.stderr
