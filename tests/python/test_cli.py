"""The command line: every command, for people and for programs, and how it fails."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lsmkit
from lsmkit import cli_data, cli_look, cli_output, records

COMMANDS = [
    "demo", "get", "put", "delete", "scan", "count", "load", "export",
    "import", "stats", "levels", "log", "dump", "verify", "simulate", "twin",
    "calibrate",
    "validate", "compact", "completion",
]  # fmt: skip


@pytest.fixture
def filled(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        for number in range(3000):
            db[b"key%05d" % number] = b"value %d" % number * 5
    return path


def parsed(output):
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, run):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert out.startswith(f"usage: lsmkit {command}")
    assert "--json" in out


def test_help_names_every_command(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s", out, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["get"], ["get", "d"], ["scan", "d", "--limit", "x"], ["put", "d", "k"]],
)
def test_a_wrong_command_line_is_exit_code_2(arguments, run):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert "usage: lsmkit" in err


def test_put_get_delete(path, run):
    assert run("put", path, "k", "v", "--sync") == (0, "", "")
    assert run("get", path, "k") == (0, "v\n", "")
    assert run("get", path, "k", "--raw") == (0, "v", "")
    assert run("get", path, "k", "--json") == (0, '{"key": "k", "value": "v"}\n', "")
    code, out, _ = run("put", path, "k2", "v2", "--json")
    assert json.loads(out) == {"seqno": 2}
    assert run("delete", path, "k") == (0, "", "")
    code, out, err = run("delete", path, "k")
    assert (code, out, err) == (1, "", "lsmkit: no key 'k'\n")
    code, out, err = run("get", path, "k", "--json")
    assert (code, out, err) == (1, "", "lsmkit: no key 'k'\n")


def test_what_is_printed_can_be_typed(path, run):
    keys = [b"", b"\n\t\\", b"\xff\x00", "träume".encode(), b"a b", "\u202e".encode()]
    with lsmkit.open(path) as db:
        db.update((key, key) for key in keys)
    _, out, _ = run("scan", path, "--keys")
    printed = out.splitlines()
    assert len(printed) == len(keys)
    for text in printed:
        assert run("get", path, text) == (0, f"{text}\n", "")
    _, out, _ = run("scan", path, "--hex", "--keys")
    assert sorted(map(bytes.fromhex, out.splitlines())) == sorted(keys)
    assert run("get", path, "ff00", "--hex") == (0, "ff00\n", "")
    code, _, err = run("get", path, "zz", "--hex")
    assert code == 1
    assert "'zz'" in err
    code, _, err = run("get", path, r"a\q")
    assert code == 1
    assert r"\xNN" in err


def test_a_value_from_standard_input(path):
    arguments = [sys.executable, "-m", "lsmkit.cli", "put", path, "k", "-"]
    subprocess.run(arguments, input=b"\x00\xffline\n", check=True)
    with lsmkit.open(path) as db:
        assert db[b"k"] == b"\x00\xffline\n"


def test_scan_and_count(filled, run):
    _, out, _ = run("scan", filled, "--prefix", "key0001", "--limit", "2")
    assert out == f"key00010\t{'value 10' * 5}\nkey00011\t{'value 11' * 5}\n"
    _, out, _ = run("scan", filled, "--keys", "--reverse", "--limit", "1")
    assert out == "key02999\n"
    _, out, _ = run("scan", filled, "--start", "key00005", "--stop", "key00007", "--json")
    assert [row["key"] for row in parsed(out)] == ["key00005", "key00006"]
    assert run("count", filled) == (0, "3000\n", "")
    assert run("count", filled, "--prefix", "key001", "--json") == (0, '{"count": 100}\n', "")
    code, _, err = run("scan", filled, "--limit", "-1")
    assert code == 1
    assert "0 or more" in err


@pytest.mark.parametrize("form", records.FORMATS)
def test_what_is_exported_is_imported_byte_for_byte(form, tmp_path, run):
    model = {
        bytes([a, b]): bytes([b, a, 10, 13, 9, 92, 34, 44]) for a in range(256) for b in (0, a)
    }
    source, target = tmp_path / "source", tmp_path / "target"
    with lsmkit.open(source) as db:
        db.update(model)
    file = tmp_path / f"records.{form}"
    assert run("export", source, file)[0] == 0
    code, out, _ = run("import", target, file)
    assert (code, out) == (0, f"{len(model):,} records stored\n")
    with lsmkit.open(target) as db:
        assert dict(db) == model
    _, printed, _ = run("export", source, "--format", form)
    assert printed == file.read_text(encoding="utf-8")


def test_strangers_csv_and_tsv_are_read(tmp_path, run):
    file = tmp_path / "people.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("ada", "mathematician, poet's daughter"), ("eve", 'a "name"')])
    assert run("import", tmp_path / "db", file)[0] == 0
    (tmp_path / "more.tsv").write_text("bob\tbuilder\n")
    assert run("import", tmp_path / "db", tmp_path / "more.tsv")[0] == 0
    with lsmkit.open(tmp_path / "db") as db:
        assert list(db) == [b"ada", b"bob", b"eve"]
        assert db[b"eve"] == b'a "name"'


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("jsonl", "[1, 2]"), ("jsonl", '{"key": "a"}'), ("jsonl", "nonsense"),
        ("jsonl", '{"key": 1, "value": "b"}'), ("jsonl", '{"key_hex": "zz", "value": ""}'),
        ("csv", "a,b,c"), ("csv", '"a'), ("tsv", "no tab"), ("tsv", "a\tb\tc"), ("tsv", "a\t\\q"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_record_is_named(form, line, tmp_path, run):
    file = tmp_path / f"file.{form}"
    good = {"jsonl": '{"key": "k", "value": "v"}', "csv": "k,v", "tsv": "k\tv"}[form]
    file.write_text(f"{good}\n{line}\n")
    code, _, err = run("import", tmp_path / "db", file)
    assert code == 1
    assert err.startswith("lsmkit: line 2 is no record in")


def test_load_stores_the_lines_of_files(tmp_path, run):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.txt").write_text("three")
    code, out, _ = run("load", tmp_path / "db", tmp_path / "a.txt", tmp_path / "b.txt", "--json")
    assert (code, json.loads(out)) == (0, {"rows": 3})
    with lsmkit.open(tmp_path / "db") as db:
        assert dict(db) == {
            b"a.txt:000001": b"one",
            b"a.txt:000002": b"two",
            b"b.txt:000001": b"three",
        }


def test_levels_stats_log_verify_for_people(filled, run):
    for command, word in (("levels", "L0"), ("stats", "write_amp"), ("log", "flush")):
        code, out, _ = run(command, filled)
        assert code == 0
        assert word in out
    assert run("verify", filled)[:2] == (0, "3,000 entries, all sound\n")
    assert run("log", filled, "--tail", "1")[1].count("\n") == 1


def test_levels_stats_log_verify_for_programs(filled, run):
    (levels,) = parsed(run("levels", filled, "--json")[1])
    assert {"name", "table_count", "score"} <= levels[0].keys()
    (stats,) = parsed(run("stats", filled, "--json")[1])
    assert stats["summary"]["puts"] == stats["stats"]["counters"]["puts"] == 3000
    events = parsed(run("log", filled, "--json", "--kind", "flush")[1])
    assert {event["kind"] for event in events} == {"flush"}
    assert parsed(run("verify", filled, "--json")[1]) == [{"entries": 3000}]


def test_looking_changes_nothing(filled, run):
    def state():
        return {
            entry.name: (entry.stat().st_size, entry.stat().st_mtime_ns)
            for entry in os.scandir(filled)
        }

    before = state()
    for arguments in (
        ["get", filled, "key00001"], ["scan", filled], ["count", filled], ["export", filled],
        ["stats", filled], ["levels", filled], ["log", filled], ["dump", filled],
        ["verify", filled],
    ):  # fmt: skip
        assert run(*arguments)[0] == 0, arguments
    assert state() == before


def test_dump_shows_every_file_with_offsets(filled, run):
    code, out, _ = run("dump", filled, "--json")
    assert code == 0
    rows = parsed(out)
    kinds = {os.path.basename(row["file"]).rsplit(".")[-1] for row in rows}
    assert {"MANIFEST", "table", "events"} <= kinds
    parts = {row["part"] for row in rows}
    assert {"header", "edit", "data block", "entry", "footer"} <= parts
    assert "damage" not in parts
    for row in rows:
        assert row["offset"] + row["bytes"] <= os.path.getsize(row["file"])
    code, out, _ = run("dump", os.path.join(filled, "MANIFEST"))
    assert "header" in out


def test_dump_of_a_damaged_file_goes_on_and_is_exit_code_1(filled, run):
    (name, *_) = sorted(name for name in os.listdir(filled) if name.endswith(".table"))
    file = os.path.join(filled, name)
    with open(file, "r+b") as out:
        out.seek(200)
        out.write(b"????")
    code, printed, _ = run("dump", file)
    assert code == 1
    assert "damage" in printed
    assert "footer" in printed
    code, _, err = run("verify", filled)
    assert code == 1
    assert name in err


def test_errors_are_one_line_and_exit_code_1(tmp_path, path, run):
    (tmp_path / "file").write_text("")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter.txt").write_text("dear")
    for arguments in (
        ["get", path, "k"], ["delete", path, "k"], ["levels", tmp_path / "file"],
        ["put", tmp_path / "foreign", "k", "v"], ["dump", tmp_path / "foreign"],
        ["dump", tmp_path / "file"], ["dump", tmp_path / "none"], ["import", path, "nofile"],
        ["demo", tmp_path / "foreign"], ["demo", path, "--scale", "7"],
    ):  # fmt: skip
        code, out, err = run(*arguments)
        assert code == 1, arguments
        assert out.count("\n") <= 4  # the demo's greeting
        assert err.startswith("lsmkit: "), arguments
        assert err.count("\n") == 1
        assert "Traceback" not in err


def test_a_locked_database_names_who_holds_it(filled):
    script = "import sys, lsmkit; db = lsmkit.open(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, filled], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        holder.stdout.readline()
        done = subprocess.run(
            [sys.executable, "-m", "lsmkit.cli", "put", filled, "k", "v"],
            capture_output=True,
            text=True,
            check=False,
        )
        holder.communicate(b"\n")
    assert done.returncode == 1
    assert str(holder.pid) in done.stderr
    assert filled in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(filled):
    scan = f"{sys.executable} -m lsmkit.cli scan {filled}; echo $? >&2"
    done = subprocess.run(
        f"({scan}) | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("key00000")
    assert done.stderr == "0\n"


def test_control_c_is_130_and_leaves_the_database_sound(path):
    loader = subprocess.Popen(
        [sys.executable, "-m", "lsmkit.cli", "import", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    loader.stdin.write(b'{"key": "k", "value": "v"}\n' * 5000)
    loader.stdin.flush()
    deadline = time.monotonic() + 30
    while not os.path.exists(os.path.join(path, "MANIFEST")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    loader.send_signal(signal.SIGINT)
    _, err = loader.communicate()
    assert loader.returncode == 130
    assert b"Traceback" not in err
    with lsmkit.open(path) as db:
        assert db.verify() >= 0


@pytest.mark.timeout(300)
def test_the_demo_tells_its_story(tmp_path, run):
    directory = tmp_path / "demo"
    code, out, err = run("demo", directory, "--scale", "0.05")
    assert code == 0, err
    for words in (
        "standard library", "Options.small()", "No difference", "Levels", "Amplification",
        "writes", "reads", "space", "compression", "What ran, and why", "Rates", "us each",
        "The last 2 compactions", "The database is kept. Try next:",
    ):  # fmt: skip
        assert words in out, words
    with lsmkit.open(directory, read_only=True) as db:
        ran = set(db.events()["kind"]) & {"flush", "compaction", "trivial move"}
    table = out.partition("What ran, and why")[2].partition("\n\n")[0]
    assert {kind for kind in ran if f"  {kind} " in table} == ran
    commands = [line.split() for line in out.splitlines()[-3:]]
    for command in commands:
        assert command[0] == "lsmkit"
        assert run(*command[1:])[0] == 0
    code, out, _ = run("demo", directory, "--scale", "0.02", "--json")
    (figures,) = parsed(out)
    assert figures["demo"]["line_count"] > 0


def test_without_rich_the_tables_are_plain(filled, run_python):
    done = run_python(
        """
        import sys
        sys.modules["rich"] = None
        from lsmkit import cli
        sys.exit(cli.main(["levels", sys.argv[1]]))
        """,
        filled,
    )
    assert done.returncode == 0, done.stderr
    assert "table_count" in done.stdout


def test_a_path_in_brackets_was_markup(capsys, monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    cli_output.table("x[/a] :tada:", ["name"], [["[/b] :tada:"]])
    printed = capsys.readouterr().out
    assert "x[/a] :tada:" in printed
    assert "[/b] :tada:" in printed


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("put DIR k v >&-", 0), ("get DIR key00001 >&-", 0), ("get DIR key00001 --raw >&-", 0),
        ("levels DIR >&- 2>&-", 0), ("export DIR >&-", 0), ("get DIR absent 2>&-", 1),
        ("put DIR k - <&-", 1), ("import DIR <&-", 1), ("verify DIR <&- >&- 2>&-", 0),
    ],
)  # fmt: skip
def test_a_closed_stream_was_a_traceback(filled, command, code):
    done = subprocess.run(
        f"{sys.executable} -m lsmkit.cli {command.replace('DIR', filled)}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    told = "lsmkit: standard input is closed: there is nothing to read\n"
    assert done.stderr == (told if code and "<&-" in command else "")
    with lsmkit.open(filled) as db:
        assert db.verify() > 0


def test_bytes_of_the_command_line_that_are_no_utf8_were_refused(path):
    def run(*arguments):
        command = [sys.executable, "-m", "lsmkit.cli", *arguments]
        return subprocess.run(command, capture_output=True, check=False)

    assert run("put", path, b"b\xff", b"v\xfe").returncode == 0
    assert run("get", path, b"b\xff", "--raw").stdout == b"v\xfe"
    assert run("scan", path, "--prefix", b"b\xff").stdout == b"b\\xff\tv\\xfe\n"
    missing = run("get", path, b"\xfe")
    assert (missing.returncode, missing.stderr) == (1, b"lsmkit: no key '\\udcfe'\n")


def test_a_limit_beyond_all_rows_was_told_of_islice(filled, run):
    code, out, _ = run("scan", filled, "--keys", "--limit", "9" * 23)
    assert code == 0
    assert out.count("\n") == 3000


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["count"], "lsmkit: interrupted\n"),
        (["import", "file"], "lsmkit: interrupted; what was stored so far stands\n"),
    ],
)
def test_control_c_while_reading_spoke_of_what_was_stored(command, told, path, run, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(lsmkit, "open", interrupted)
    monkeypatch.setattr(cli_data, "_file", interrupted)
    assert run(command[0], path, *command[1:]) == (130, "", told)


def test_a_kind_of_event_that_there_is_not_was_no_event(filled, run):
    code, out, err = run("log", filled, "--kind", "nonsense")
    assert (code, out) == (2, "")
    for kind in cli_look.EVENT_KINDS:
        assert kind in err
    assert run("log", filled, "--kind", "stall_begins")[0] == 0
    assert run("log", filled, "--kind", "stall begins")[0] == 0


def test_the_kinds_of_events_are_those_of_the_engine():
    source = Path(__file__).parents[2] / "cpp" / "trace" / "event.cc"
    if not source.exists():
        pytest.skip("the sources are elsewhere")
    names = re.search(r"name_of\(EventKind.*?^}", source.read_text(), re.DOTALL | re.MULTILINE)[0]
    assert tuple(re.findall('return "(.*)"', names)) == (*cli_look.EVENT_KINDS, "unknown")
