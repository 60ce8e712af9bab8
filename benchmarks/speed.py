"""The command of studies/speed.py."""

from benchmarks.studies.speed import main

if __name__ == "__main__":
    main()
