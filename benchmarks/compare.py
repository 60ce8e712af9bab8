"""The command of studies/comparison.py."""

from benchmarks.studies.comparison import main

if __name__ == "__main__":
    main()
