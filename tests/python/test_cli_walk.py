"""Every command of the parser, with --json: what it prints parses, and it ends with 0."""

import argparse
import json
import subprocess
import sys

import pytest

import lsmkit
from lsmkit import cli


def commands():
    """The parser of each command, by name."""
    (action,) = (
        action
        for action in cli.command_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return action.choices


# What to call each with: DIR is a filled database, NEW one that is not there, LINES a text file,
# RECORDS one of JSON lines.
CALLS = {
    "bench": "--num 500 --rounds 1 --stores lsmkit --workloads fillseq --dir TMP",
    "calibrate": "--seconds 1",
    "compact": "DIR",
    "completion": "bash",
    "count": "DIR",
    "delete": "DIR key00001",
    "demo": "NEW --scale 0.01",
    "dump": "DIR",
    "export": "DIR OUT",
    "get": "DIR key00001",
    "import": "NEW RECORDS",
    "layered": "simulate uniform --records 20000 --pages 600 --set target_bytes=1000000",
    "levels": "DIR",
    "load": "NEW LINES",
    "log": "DIR --tail 3",
    "notebooks": "NEW",
    "play": "DIR --out OUT",
    "put": "DIR key value",
    "scan": "DIR --limit 3",
    "simulate": "overwrites --keys 2000 --preset small",
    "stats": "DIR",
    "sweep": "overwrites --keys 2000 --preset small --vary fanout=4,8",
    "tune": "overwrites --keys 20000 --preset small --finalists 1",
    "twin": "ycsb:f --keys 500 --preset small",
    "validate": "V3",
    "verify": "DIR",
}


@pytest.fixture
def places(tmp_path, path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        db.update((b"key%05d" % number, b"value" * 9) for number in range(5000))
        db.flush()
    (tmp_path / "lines.txt").write_text("one\ntwo\n")
    (tmp_path / "records.jsonl").write_text('{"key": "a", "value": "1"}\n')
    return {
        "DIR": path,
        "NEW": tmp_path / "new",
        "TMP": tmp_path,
        "LINES": tmp_path / "lines.txt",
        "RECORDS": tmp_path / "records.jsonl",
        "OUT": tmp_path / "out.jsonl",
    }


def test_every_command_is_called_here():
    """A command that is new belongs into CALLS."""
    assert sorted(commands()) == sorted(CALLS)


@pytest.mark.parametrize("command", sorted(CALLS))
def test_what_a_program_gets_is_json(command, places, run):
    arguments = [places.get(word, word) for word in CALLS[command].split()]
    code, out, err = run(command, *arguments, "--json")
    assert code == 0, err
    values = [json.loads(line) for line in out.splitlines()]
    assert values
    assert all(isinstance(value, dict | list) for value in values)


@pytest.mark.parametrize("command", sorted(CALLS))
def test_a_wrong_option_is_exit_code_2(command, run):
    code, out, err = run(command, "--no-such-option")
    assert (code, out) == (2, "")
    assert "usage: lsmkit" in err


@pytest.mark.parametrize("command", sorted(c for c in CALLS if CALLS[c].startswith("DIR")))
@pytest.mark.parametrize("where", ["a directory that is not there", "another's directory"])
def test_an_error_is_one_line_and_exit_code_1(command, where, tmp_path, places, run):
    if command == "put" and "not there" in where:
        pytest.skip("put makes a database")
    if command == "play" and "not there" in where:
        pytest.skip("play takes it for a workload's name")
    directory = tmp_path / "other"
    if "another" in where:
        directory.mkdir()
        (directory / "theirs.txt").write_text("theirs")
    arguments = [directory if word == "DIR" else word for word in CALLS[command].split()]
    arguments = [places.get(word, word) for word in arguments]
    code, out, err = run(command, *arguments, "--json")
    assert (code, out) == (1, "")
    assert err.startswith("lsmkit: ")
    assert err.count("\n") == 1
    left = {entry.name for entry in tmp_path.glob("other/*")}
    assert left == ({"theirs.txt"} if "another" in where else set())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_completion_knows_every_command(shell, run):
    pytest.importorskip("shtab", reason="shtab is in the extra cli")
    code, out, _ = run("completion", shell)
    assert code == 0
    for command in CALLS:
        assert command in out
    if shell != "tcsh":  # which has no options of commands
        assert "dry-run" in out


def test_bash_completes_commands_options_and_choices(run, tmp_path):
    pytest.importorskip("shtab", reason="shtab is in the extra cli")
    script = tmp_path / "completion.bash"
    script.write_text(run("completion", "bash")[1])

    def completed(*words):
        ask = (
            f"source {script}; COMP_WORDS=({' '.join(words)} ''); COMP_CWORD={len(words)}; "
            f'COMP_WORDS[{len(words)}]="$1"; _shtab_lsmkit; printf \'%s\\n\' "${{COMPREPLY[@]}}"'
        )
        done = subprocess.run(
            ["bash", "-c", ask, "bash", completed.word], capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    completed.word = "co"
    assert {"count", "compact", "completion"} <= completed("lsmkit")
    completed.word = "--ex"
    assert completed("lsmkit", "compact") == {"--explain"}
    completed.word = "seg"
    assert completed("lsmkit", "sweep", "overwrites", "--fidelity") == {"segment"}
    completed.word = "--pri"
    assert completed("lsmkit", "tune") == {"--price-storage-gib", "--price-throughput-mib-s"}
    completed.word = "z"
    assert completed("lsmkit", "completion") == {"zsh"}


def test_completion_without_shtab_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, out, err = run("completion", "bash")
    assert (code, out) == (1, "")
    assert "pip install 'lsmkit[cli]'" in err


def test_compact_tells_first_and_then_compacts(path, run):
    directory = path
    waits = lsmkit.Options.small().replace(l0_trigger_runs=1000, tombstone_gain=0.0)
    with lsmkit.open(directory, waits.replace(l0_slowdown_runs=2000, l0_stop_runs=3000)) as db:
        db.update((b"key%05d" % number, b"value" * 9) for number in range(5000))
        db.flush()
        for number in range(0, 5000, 2):
            db.delete(b"key%05d" % number)
        db.flush()
    told = json.loads(run("compact", directory, "--dry-run", "--json")[1])
    assert told["tombstones"] > 0
    part = json.loads(run("compact", directory, "--dry-run", "--json", "--start", "key04990")[1])
    assert part["tables"] < told["tables"]
    assert "key0" in run("compact", directory, "--dry-run")[1]
    assert json.loads(run("compact", directory, "--explain", "--json")[1])["text"]
    assert run("compact", directory, "--explain")[1]
    assert json.loads(run("compact", directory, "--dry-run", "--json")[1]) == told
    code, out, _ = run("compact", directory)
    assert code == 0
    assert "after" in out
    after = json.loads(run("compact", directory, "--dry-run", "--json")[1])
    assert after["tombstones"] == 0
    assert after["file_bytes"] < told["file_bytes"]
    assert run("compact", directory, "--due")[0] == 0
    code, _, err = run("compact", directory, "--start", "b", "--stop", "a")
    assert code == 1
    assert "above" in err
    assert run("compact", directory, "--due", "--explain")[0] == 2
