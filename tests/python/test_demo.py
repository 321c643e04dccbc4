"""The demo: real data through the whole engine, checked as it goes, and nobody's data deleted."""

import itertools

import pytest

import lsmkit
from lsmkit import demo


def test_the_standard_library_is_read_line_by_line():
    lines = dict(demo.standard_library(scale=0.02, seed=3))
    assert len(lines) > 500
    key, value = next(iter(lines.items()))
    assert key.endswith(b":000001")
    assert isinstance(value, bytes)
    assert all(b"\n" not in line for line in itertools.islice(lines.values(), 100))
    assert lines == dict(demo.standard_library(scale=0.02, seed=3))
    assert lines != dict(demo.standard_library(scale=0.02, seed=4))
    assert len(dict(demo.standard_library())) > 10 * len(lines)


def test_a_run_checks_itself_and_leaves_a_tree_to_look_at(path):
    told = []
    done = demo.run(path, scale=0.05, seed=1, progress=lambda *step: told.append(step))
    assert done.line_count > 1000
    assert done.overwritten_count == done.line_count // 3
    assert done.deleted_count == done.line_count // 10
    assert {what for what, *_ in told} >= {"loading", "overwriting", "deleting"}
    with lsmkit.open(path, read_only=True) as db:
        assert len(db) == done.row_count == done.line_count - done.deleted_count + 1
        assert len(db.events().filter(kind="compaction")) > 0
        assert db.options.memtable_bytes == lsmkit.Options.small().memtable_bytes
        model = dict(demo.standard_library(0.05, 1))
        seen = sum(
            value in (model[key], model[key].upper()) for key, value in db.items() if key in model
        )
        assert seen == len(db) - 1


def test_a_second_run_makes_its_own_database_anew(path):
    first = demo.run(path, scale=0.01)
    assert demo.run(path, scale=0.01).row_count == first.row_count


def test_a_database_that_is_not_the_demos_is_left_alone(path):
    with lsmkit.open(path) as db:
        db[b"mine"] = b"all mine"
    with pytest.raises(lsmkit.InvalidArgument, match="that the demo has not made"):
        demo.run(path, scale=0.01)
    with lsmkit.open(path) as db:
        assert dict(db) == {b"mine": b"all mine"}


def test_strangers_files_are_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(lsmkit.Error):
        demo.run(tmp_path, scale=0.01)
    assert (tmp_path / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_scale_that_cannot_be(path, scale):
    with pytest.raises(lsmkit.InvalidArgument, match="more than 0 and at most 1"):
        demo.run(path, scale=scale)
