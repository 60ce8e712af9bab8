"""A room without network sets up from one archive, fits a model there and has its data."""

import os
import shutil
import subprocess
import sys
import tarfile

import classroom
import pytest
from movielens_files import write_movielens

ALONE = ["unshare", "--net"]  # no network at all


def test_a_folder_without_data_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match="holds neither ml-1m nor ml-100k"):
        classroom.write(tmp_path / "archive.tar", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_machine_without_network_sets_up_from_the_archive_alone(tmp_path):
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip("needs the right to take the network away from a process")
    write_movielens(tmp_path / "mine", "ml-1m")
    classroom.write(tmp_path / "archive.tar", tmp_path / "mine")
    with tarfile.open(tmp_path / "archive.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    room = tmp_path / classroom.NAME
    empty = os.environ | {"HOME": str(tmp_path), "PIP_CACHE_DIR": str(tmp_path / "no cache")}
    empty |= {"DBREC_DATA_DIR": str(room / "data"), "DBREC_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [*ALONE, sys._base_executable, room / "set_up.py"], env=empty, capture_output=True, text=True
    )
    assert done.returncode == 0 and "all is set up" in done.stdout, done.stderr
    python = room / "lessons" / ".venv" / "bin" / "python"
    told = subprocess.run([*ALONE, python, "-m", "dbrec.check"], env=empty, capture_output=True, text=True)
    assert f"ml-1m  {room / 'data' / 'ml-1m'}" in told.stdout and "minutes for all fifteen" in told.stdout
    assert told.stdout.count("not here") == 1 and "\nall is here\n" in told.stdout  # but for the other set
