"""Train a job from the command line."""

from dbrec.training.workers.distributed import main

main()
