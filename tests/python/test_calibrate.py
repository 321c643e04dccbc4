"""What `calibrate` measures is of the right order, can be kept, and a simulation takes it."""

import json
import os

import pytest

import lsmkit
from lsmkit.cli import main


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return lsmkit.calibrate(tmp_path_factory.mktemp("device"), seconds=1)


def test_figures_are_of_the_right_order(machine):
    device = machine.device
    for rate in (device.read_bytes_per_s, device.write_bytes_per_s, device.transfer_bytes_per_s):
        assert 1e5 < rate < 1e12
    assert 0.1 < device.latency_us < 10e6
    assert machine.cores == len(os.sched_getaffinity(0))
    assert 0.01 < machine.put_us < 1000
    assert 0.01 < machine.get_us < 1000
    assert 0 <= machine.scan_entry_us < machine.get_us * 10
    assert 0 <= machine.record_us < 100
    assert 0 <= machine.written_byte_us < 1
    assert machine.record_us + machine.written_byte_us > 0
    assert 0 <= machine.compressed_byte_us < 1


def test_a_simulation_takes_it_and_it_can_be_kept(machine):
    kept = lsmkit.Machine.from_dict(json.loads(json.dumps(machine.to_dict())))
    assert kept == machine
    workload = lsmkit.Workload.overwrites(keys=2_000, times=5)
    run = lsmkit.simulate(workload, lsmkit.Options.small(), machine=kept)
    assert run.timing.accepted_ops == 12_000
    assert lsmkit.Machine.from_dict(lsmkit.Machine(device="gp3").to_dict()).device == "gp3"
    with pytest.raises(lsmkit.InvalidArgument, match="no 'discs'"):
        lsmkit.Machine.from_dict({"discs": 3})


def test_it_leaves_nothing_behind(tmp_path):
    told = []

    def stop(done, total):
        told.append((done, total))
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lsmkit.calibrate(tmp_path, seconds=1, progress=stop)
    assert told[-1][0] == 6
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_measured_is_refused(tmp_path):
    with pytest.raises(lsmkit.InvalidArgument, match="at least 1"):
        lsmkit.calibrate(tmp_path, seconds=0.1)
    with pytest.raises(FileNotFoundError):
        lsmkit.calibrate(tmp_path / "nowhere")


def test_the_command_prints_what_a_machine_is_made_of(tmp_path, capsys):
    assert main(["calibrate", str(tmp_path), "--seconds", "1", "--json"]) == 0
    machine = lsmkit.Machine.from_dict(json.loads(capsys.readouterr().out))
    assert machine.device.name == str(tmp_path)
    assert main(["calibrate", str(tmp_path), "--seconds", "1"]) == 0
    out = capsys.readouterr().out
    assert "latency_us" in out
    assert "a page appended and synced" in out
