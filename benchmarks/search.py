"""The command of studies/search.py."""

from benchmarks.studies.search import main

if __name__ == "__main__":
    main()
