"""Training shared by several processes: `python -m dbrec.training.workers FOLDER`."""
