"""Look at this machine before a lesson does: ``python -m dbrec.check``.

Prints what a lesson needs, what is here of it, and for each gap what to do. A report of a fault begins with
what it prints.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

SET_UP = 'make venv, or what README says in "Other ways to set up"'

try:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from dbrec import __version__
    from dbrec.data.download import FILES, PAGE, cache_folder
    from dbrec.data.files import folder_path
    from dbrec.data.textfiles import DataError
except ModuleNotFoundError as error:  # or PackageNotFoundError, which is one
    lacking = f"{error.name} isn't here, in {sys.executable} (Python {platform.python_version()})"
    sys.exit(f"{lacking}. To do: {SET_UP}; and then with the Python of that, .venv/bin/python -m dbrec.check")

GIB, MOST_GIB = 2**30, 2
FOR_LESSONS = "lessons", "index"  # the extras that they need; the others are for who works on dbrec
SETTINGS = "DBREC_", "KERAS_", "CUDA_", "OMP_", "TF_ENABLE_", "TF_NUM_", "TF_XLA_"  # of the environment
NO_DATA = "none here: the first lesson downloads it"
CONTAINER = Path("/sys/fs/cgroup/memory.max")  # its limit, where a container runs on Linux
TRIAL_SECONDS, LESSON_MINUTES = 8.0, 9.5  # of the trial and of all lessons, on the same two cores


def facts() -> Iterator[tuple[str, str, str]]:
    """Give what is asked, what is found and, where that isn't enough, what to do."""
    allowed, python = metadata("dbrec")["Requires-Python"], platform.python_version()
    yield "dbrec", f"{__version__} in {Path(__file__).parent}", ""
    todo = "" if SpecifierSet(allowed).contains(python) else f"take a Python {allowed}"
    yield "Python", f"{python}, {sys.executable}", todo
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}", ""
    yield from packages()
    yield "cores", str(os.cpu_count() or "not told"), ""
    memory = memory_gib()
    enough = memory is None or memory >= MOST_GIB
    todo = "" if enough else f"a lesson takes up to {MOST_GIB} GiB: close other programs"
    yield "memory", "not told" if memory is None else f"{memory:.1f} GiB", todo
    try:
        yield from data()
    except DataError as error:
        yield "data", str(error), "set it so, or unset it"
    for name in sorted(name for name in os.environ if name.startswith(SETTINGS)):
        yield name, os.environ[name], ""


def packages() -> Iterator[tuple[str, str, str]]:
    """Give the version of each package that dbrec names; of one that lacks or is another, what brings it."""
    named = metadata("dbrec").get_all("Provides-Extra") or []
    for wanted in map(Requirement, requires("dbrec") or []):
        extras = [extra for extra in named if wanted.marker and wanted.marker.evaluate({"extra": extra})]
        brought = f"dbrec[{extras[0]}]" if extras else "dbrec"
        if wanted.name == "dbrec":
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            found = "not here"
        if found != "not here" and wanted.specifier.contains(found, prereleases=True):
            yield wanted.name, found, ""
        elif extras and extras[0] not in FOR_LESSONS:
            yield wanted.name, f"{found}; no lesson needs it", ""
        else:
            yield wanted.name, found, f"{SET_UP}: {brought} takes {wanted.specifier}"


def memory_gib() -> float | None:
    """Tell how much memory there is, or a container may take; None where the system doesn't say (Windows)."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    except (AttributeError, ValueError, OSError):
        return None
    try:
        return min(machine, int(CONTAINER.read_text()) / GIB)
    except (OSError, ValueError):  # no container, or one that has no limit: "max"
        return machine


def data() -> Iterator[tuple[str, str, str]]:
    """Tell where each MovieLens set lies, and whether what the environment says of it holds."""
    named = os.environ.get("DBREC_DATA_DIR")
    own, found_any = folder_path("$DBREC_DATA_DIR", named) if named else None, False
    for name, files in FILES.items():
        places = [own / name] if own else []
        places = [place for place in (*places, cache_folder() / name) if place.is_dir()]
        if not places:
            yield name, f"not here; a lesson downloads it, or unpack it from {PAGE} in {cache_folder()}", ""
            continue
        found_any = True
        lacking = [file for file in files if not (places[0] / file).is_file()]
        found = f"{places[0]}, without {', '.join(lacking)}" if lacking else str(places[0])
        yield name, found, f"unpack {name}.zip from {PAGE} there anew" if lacking else ""
    if not found_any:
        yield "data", NO_DATA, ""
    names = " or ".join(FILES)
    if own and not any((own / name).is_dir() for name in FILES):
        yield (
            "data",
            f"$DBREC_DATA_DIR holds no folder {names}",
            "give the folder that holds one, or unset it",
        )
    if (chosen := os.environ.get("DBREC_DATASET")) and chosen not in FILES:
        yield "data", f"$DBREC_DATASET is {chosen!r}", f"give {names}, or unset it"


def trial() -> float:
    """Fit a small model to made ratings, as lessons do to real ones; give the seconds that it takes."""
    start = time.perf_counter()
    from dbrec import HybridRecommender
    from dbrec.data.synthetic import make_ratings

    with tempfile.TemporaryDirectory() as folder:
        made = make_ratings(Path(folder) / "made", 2000, 1500, 100_000)
        fitted = HybridRecommender(epochs=3, choice_dim=256, verbose=False).fit(made.to_frame())
    fitted.recommend(fitted.user_ids[:1000])
    return time.perf_counter() - start


def trial_elsewhere() -> tuple[float | None, str]:
    """Run `trial` in a process of its own; give its seconds, or None and what it ended with."""
    program = "from dbrec.check import trial; print(trial())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return float(done.stdout.split()[-1]), ""
    said = (done.stderr.strip().splitlines() or ["without a word"])[-1]
    return None, f"the trial ended with exit code {done.returncode}: {said}"


def main() -> None:
    """Print all of it; the exit code is 1 where something has to be done first."""
    parser = argparse.ArgumentParser("python -m dbrec.check", description=__doc__.splitlines()[0])
    parser.add_argument("--no-trial", action="store_true", help="don't estimate how long the lessons take")
    asked, gaps, here = parser.parse_args(), [], "all is here"
    for name, found, todo in facts():
        print(f"{name:>20}  {found}", flush=True)
        if todo:
            gaps.append(f"{name}: {found}. To do: {todo}")
        elif found == NO_DATA:
            here = "all is here but the data, for which the first lesson needs a network"
    if not asked.no_trial:
        print(f"{'lessons':>20}  a trial of ten seconds ...", end="\r", flush=True)
        seconds, broke = trial_elsewhere()
        if seconds:
            minutes = LESSON_MINUTES * seconds / TRIAL_SECONDS
            print(f"{'lessons':>20}  about {minutes:.0f} minutes for all fifteen, by a trial here")
        else:
            print(f"{'lessons':>20}  no trial came to its end")
            gaps.append(f"{broke}. To do: {SET_UP}; where memory is short, close other programs")
    print(f"\n{len(gaps)} to do" if gaps else f"\n{here}", *gaps, sep="\n  ")
    sys.exit(bool(gaps))


if __name__ == "__main__":
    main()
