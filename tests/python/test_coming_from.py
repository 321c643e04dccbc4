"""docs/coming_from.md: every row is run on both sides and must come to the same."""

import ast
import contextlib
import re
from pathlib import Path

import pytest

import lsmkit

PAGE = (Path(__file__).parents[2] / "docs" / "coming_from.md").read_text()
ROWS = {b"a": b"1", b"b": b"2", b"ba": b"3", b"bb": b"4", b"c": b"5", b"d": b"6"}


def section(peer):
    return re.search(rf"^## {peer}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def rows_of(peer):
    """(the peer's code, ours, whether the answers are to be equal) of each row of its table."""
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \|(.*)\|$", section(peer), re.MULTILINE)
    assert len(rows) == section(peer).count("\n| `")
    return [(theirs, ours, not remark.strip()) for theirs, ours, remark in rows]


def cases():
    return [
        pytest.param(peer, *row, id=f"{peer}: {row[0]}")
        for peer in ("plyvel", "rocksdict", "lmdb")
        for row in rows_of(peer)
    ]


def answer(code, names):
    """Run code; the value of its last expression, None if it ends in a statement."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, code, "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), code, "eval"), names)


def run_plyvel(plyvel, code, path):
    with plyvel.DB(path, create_if_missing=True) as db:
        for item in ROWS.items():
            db.put(*item)
        found = answer(code, {"db": db, "plyvel": plyvel, "path": path})
    if "destroy" in code:
        return found, None
    with plyvel.DB(path) as db:
        return found, dict(db)


def run_rocksdict(rocksdict, code, path):
    from rocksdict import Options, Rdict

    db = Rdict(path, Options(raw_mode=True))
    for key, value in ROWS.items():
        db[key] = value
    names = {"db": db, "path": path, **vars(rocksdict)}
    found = answer(code, names)
    names.clear()
    with contextlib.suppress(Exception):
        db.close()
    if "destroy" in code:
        return found, None
    families = {name: Options(raw_mode=True) for name in Rdict.list_cf(path)}
    db = Rdict(path, Options(raw_mode=True), column_families=families)
    content = dict(db.items())
    if "n" in families:
        content |= {b"n/" + key: value for key, value in db.get_column_family("n").items()}
    db.close()
    return found, content


def run_lmdb(lmdb, code, path):
    env = lmdb.open(path, max_dbs=2)
    with env.begin(write=True) as tx:
        for item in ROWS.items():
            tx.put(*item)
    names = {"env": env, "path": path, "lmdb": lmdb}
    if re.search(r"\b(tx|cur)\b", code):
        names["tx"] = env.begin(write=True)
        names["cur"] = names["tx"].cursor()
    found = answer(code, names)
    if "tx" in names and not re.search("abort|commit", code):
        names["tx"].commit()
    env.close()
    with lmdb.open(path, max_dbs=2) as again, again.begin() as tx:
        return found, {key: value for key, value in tx.cursor() if key != b"n"}


def run_ours(code, path):
    with lsmkit.open(path) as db:
        db.update(ROWS)
        found = answer(code, {"db": db, "lsmkit": lsmkit, "path": path})
    if "destroy" in code:
        return found, None
    with lsmkit.open(path, create=False) as db:
        return found, dict(db)


RUN = {"plyvel": run_plyvel, "rocksdict": run_rocksdict, "lmdb": run_lmdb}


@pytest.mark.parametrize(("peer", "theirs", "ours", "equal"), cases())
def test_a_row_comes_to_the_same_on_both_sides(peer, theirs, ours, equal, tmp_path):
    mine, left = run_ours(ours, str(tmp_path / "ours"))
    if "clear()" not in ours and "destroy" not in ours:
        assert left, "the row left nothing"
    module = pytest.importorskip(peer, reason=f"{peer} is in the extra bench")
    its, their_left = RUN[peer](module, theirs, str(tmp_path / "theirs"))
    assert left == their_left
    if equal:
        assert mine == its
        assert type(mine) is type(its)


CLASSES = {
    "plyvel": ["DB", "_plyvel.PrefixedDB", "_plyvel.Snapshot", "_plyvel.WriteBatch",
               "_plyvel.Iterator", "_plyvel.RawIterator"],
    "rocksdict": ["Rdict", "WriteBatch", "Snapshot", "RdictIter"],
    "lmdb": ["Environment", "Transaction", "Cursor"],
}  # fmt: skip


@pytest.mark.parametrize("peer", CLASSES)
def test_every_verb_is_on_the_page(peer):
    module = pytest.importorskip(peer, reason=f"{peer} is in the extra bench")
    text = section(peer)
    missing = []
    for path in CLASSES[peer]:
        kind = module
        for name in path.split("."):
            kind = getattr(kind, name)
        missing += [
            f"{path}.{verb}"
            for verb in dir(kind)
            if not verb.startswith("_") and not re.search(rf"[.`]{verb}\b", text)
        ]
    assert missing == []
