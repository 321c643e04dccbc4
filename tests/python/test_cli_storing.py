"""The commands `load` and `import`: strangers' files, and what is said when they can't be read."""

import json
import os
import subprocess
import sys

import pytest

import lsmkit
from lsmkit import cli_data, demo


def stored(path):
    with lsmkit.open(path, read_only=True) as db:
        return dict(db)


def test_the_second_of_two_files_of_one_name_overwrote_the_first(tmp_path, path, run):
    files = []
    for folder in ("A", "B"):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "x.txt")
        files[-1].write_text(f"line of {folder}\n")
    code, out, err = run("load", path, *files)
    assert (code, out) == (1, "")
    assert f"{files[0]} and {files[1]} would have the same keys, x.txt:000001" in err
    assert not os.path.exists(path)


def test_line_a_million_sorted_before_the_line_before_it(tmp_path):
    file = tmp_path / "long.txt"
    file.write_bytes(b"\n" * 999_999)
    *_, (key, _) = demo.source_lines("long", file)
    assert key == b"long:999999"
    file.write_bytes(b"\n" * 1_000_000)
    keys = [key for key, _ in demo.source_lines("long", file)]
    assert keys[0] == b"long:0000001"
    assert keys[-1] == b"long:1000000"
    assert keys == sorted(keys)


def test_load_of_files_that_cannot_be_read_left_an_empty_database(tmp_path, path, run):
    good = tmp_path / "good.txt"
    good.write_text("line\n")
    for bad in (tmp_path / "none.txt", tmp_path):
        for files in ([bad], [good, bad]):
            code, out, err = run("load", path, *files)
            assert (code, out) == (1, "")
            assert str(bad) in err
            assert not os.path.exists(path)


def test_a_file_whose_name_is_no_utf8_may_be_loaded(tmp_path, path, run):
    name = os.fsdecode(b"\xff.txt")
    (tmp_path / name).write_text("line\n")
    assert run("load", path, tmp_path / name)[0] == 0
    assert stored(path) == {b"\xff.txt:000001": b"line"}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("csv", "key,value\r\na,1\r\nb,2\r\n"),
        ("tsv", "a\t1\r\nb\t2\r\n"),
        ("jsonl", '{"key": "a", "value": "1"}\r\n{"key": "b", "value": "2"}\r\n'),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "mark"])
@pytest.mark.parametrize("end", ["", "\r\n", "\n\n"], ids=["", "a blank line", "two"])
def test_files_of_windows_kept_carriage_returns_and_a_mark(
    tmp_path, path, run, form, text, mark, end
):
    file = tmp_path / f"file.{form}"
    file.write_bytes(mark + (text + end).encode())
    assert run("import", path, file) == (0, "2 records stored\n", "")
    assert stored(path) == {b"a": b"1", b"b": b"2"}


def test_a_mark_and_carriage_returns_in_a_pipe_are_no_part_of_records(path):
    done = subprocess.run(
        [sys.executable, "-m", "lsmkit.cli", "import", path, "--format", "tsv"],
        input=b"\xef\xbb\xbfa\t1\r\n\r\n",
        check=True,
        capture_output=True,
    )
    assert done.stdout == b"1 records stored\n"
    assert stored(path) == {b"a": b"1"}


def test_empty_keys_and_values_are_no_blank_lines(tmp_path, path, run):
    for form, line in (("csv", ","), ("tsv", "\t")):
        file = tmp_path / f"file.{form}"
        file.write_text(f"{line}\n")
        assert run("import", path, file)[0] == 0
        assert stored(path) == {b"": b""}


def test_an_import_that_failed_did_not_say_how_much_it_had_stored(tmp_path, path, run, monkeypatch):
    monkeypatch.setattr(cli_data, "ROWS_PER_BATCH", 2)
    file = tmp_path / "file.tsv"
    file.write_text("a\t1\nb\t2\nc\t3\nno tab\n")
    code, out, err = run("import", path, file)
    assert (code, out) == (1, "")
    assert err.startswith("lsmkit: line 4 is no record in tsv: 'no tab'")
    assert err.endswith("; 2 records were stored\n")
    assert stored(path) == {b"a": b"1", b"b": b"2"}


def test_an_import_of_what_is_no_record_left_an_empty_database(tmp_path, path, run):
    file = tmp_path / "file.tsv"
    file.write_text("no tab\n")
    code, _, err = run("import", path, file)
    assert code == 1
    assert err.endswith("; 0 records were stored\n")
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"key": 1, "value": "v"}, "key is due as a string, not 1"),
        ({"key": "k", "value": None}, "value is due as a string, not null"),
        ({"key": "k", "value_hex": [1]}, "value_hex is due as a string, not [1]"),
    ],
)
def test_a_number_for_a_key_was_told_of_a_descriptor(tmp_path, path, run, record, message):
    file = tmp_path / "file.jsonl"
    file.write_text(json.dumps(record))
    code, _, err = run("import", path, file)
    assert code == 1
    assert message in err
