"""The command of studies/growth.py."""

from benchmarks.studies.growth import main

if __name__ == "__main__":
    main()
