"""The command of studies/ladder.py."""

from benchmarks.studies.ladder import main

if __name__ == "__main__":
    main()
