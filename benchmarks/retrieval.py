"""The command of studies/retrieval.py."""

from benchmarks.studies.retrieval import main

if __name__ == "__main__":
    main()
