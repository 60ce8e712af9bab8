"""Run a study: python -m benchmarks compare --help."""

import sys

from benchmarks.harness.process import named

STUDIES = (
    "compare paired vault ladder growth retrieval speed newcomers ablation choice updates probability "
    "questions report check quick everything"
).split()

if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(f"python -m benchmarks STUDY: give one of {', '.join(STUDIES)}, and --help for more of it")
        sys.exit()
    if sys.argv[1:2] not in [[study] for study in STUDIES]:
        sys.exit(f"python -m benchmarks {' '.join(sys.argv[1:])}: give one of {', '.join(STUDIES)} first")
    named(f"benchmarks.studies.{sys.argv.pop(1)}:main")()
