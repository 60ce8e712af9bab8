"""Write one archive from which a room without network sets up: the lessons, and all packages as wheels.

Usage: classroom.py [--data FOLDER] [ARCHIVE]. The archive is for machines of this system and this Python.
With `--data` it holds MovieLens from a folder with ``ml-1m`` or ``ml-100k``, too. GroupLens's licence forbids
to pass that on without its permission: such an archive is for your own class room, and for no website.
"""

import argparse
import io
import json
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "dbrec-classroom"
SETS = "ml-1m", "ml-100k"
READ_ME = """Set up, without network:  {python} {name}/set_up.py
Then open the lessons:    cd {name}/lessons && .venv/bin/python -m jupyter lab notebooks/00_contents.ipynb
"""
SET_UP = '''"""Make lessons/.venv from the wheels beside this file, without network."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

MADE_FOR = {made_for}
HERE = Path(__file__).resolve().parent
here = [sysconfig.get_platform(), f"{{sys.version_info[0]}}.{{sys.version_info[1]}}"]
if here != MADE_FOR:
    sys.exit(f"this archive is for {{' and Python '.join(MADE_FOR)}}, here is {{' and Python '.join(here)}}")
lessons = HERE / "lessons"
venv.create(lessons / ".venv", with_pip=True, clear=True)
python = lessons / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
pip = [python, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", HERE / "wheels"]
subprocess.run([*pip, "--require-hashes", "--requirement", lessons / "requirements.lock"], check=True)
subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", lessons], check=True)
print("all is set up")
if (HERE / "data").is_dir():
    print("set DBREC_DATA_DIR to", HERE / "data")
else:
    print("but MovieLens: unpack ml-1m.zip in", HERE / "data", "and set DBREC_DATA_DIR to that folder")
'''


def made_for() -> list[str]:
    """Name the system and the Python that the wheels are for."""
    return [sysconfig.get_platform(), f"{sys.version_info[0]}.{sys.version_info[1]}"]


def download(wheels: Path) -> None:
    """Fetch a wheel of each locked package, checked by its hash."""
    lock = ROOT / "requirements.lock"
    pip = [sys._base_executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "--requirement", lock, "--dest", wheels], check=True)


def write(archive: Path, data: Path | None = None) -> None:
    """Write the archive, whole or not at all.

    Raises:
        ValueError: If `data` holds neither set.
    """
    sets = [name for name in SETS if data and (data / name).is_dir()]
    if data and not sets:
        raise ValueError(f"{data} holds neither {' nor '.join(SETS)}: give the folder that holds one of them")
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_suffix(".partial")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(partial, "w") as packed:
        wheels = Path(folder) / "wheels"
        download(wheels)
        packed.add(wheels, f"{NAME}/wheels")
        committed = subprocess.run(
            ["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(committed)) as lessons:
            for member in lessons:
                content = lessons.extractfile(member) if member.isfile() else None
                member.name = f"{NAME}/lessons/{member.name}"
                packed.addfile(member, content)
        for name in sets:
            packed.add(data / name, f"{NAME}/data/{name}")
        python = f"python{made_for()[1]}"
        for name, text in {
            "set_up.py": SET_UP.format(made_for=json.dumps(made_for())),
            "README.txt": READ_ME.format(python=python, name=NAME),
        }.items():
            member = tarfile.TarInfo(f"{NAME}/{name}")
            member.size = len(text.encode())
            packed.addfile(member, io.BytesIO(text.encode()))
    partial.replace(archive)


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", nargs="?", type=Path, default=ROOT / "build" / f"{NAME}.tar")
    parser.add_argument("--data", type=Path, help="a folder with ml-1m or ml-100k, for your own class room")
    asked = parser.parse_args()
    if not asked.data:
        print("without --data the archive has no MovieLens, and no lesson runs where there is no network")
    print("fetching the wheels, about 860 MB", flush=True)
    try:
        write(asked.archive, asked.data)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:  # of pip: it has said why
        sys.exit(str(error))
    size = asked.archive.stat().st_size / 2**20
    print(f"{asked.archive}: {size:.0f} MiB, for {' and Python '.join(made_for())}; its README.txt says more")


if __name__ == "__main__":
    main()
