"""Start the workers of a job as processes on this machine, show what they do, and leave none behind."""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from dbrec.checks import whole_number
from dbrec.training.workers.jobs import Job, read_job, shards_of

logger = logging.getLogger(__name__)


class Worker(NamedTuple):
    """A process that trains, and the file that it writes its output to."""

    process: subprocess.Popen
    log: Path


def launch(folder, n_workers: int = 2, every: int = 100) -> None:
    """Train the job of a folder with several processes on this machine, and show the progress.

    A checkpoint is written each `every` batches. Where a process fails, the others are stopped; the same call
    goes on from the last checkpoint.

    Raises:
        FileNotFoundError, ValueError: As `read_job`, or if the workers can't share the job.
        RuntimeError: If a worker fails; tells its last lines.
    """
    job = read_job(folder)
    shards_of(job, 0, n_workers)
    whole_number("every", every)
    with running(job, n_workers, every) as workers:
        watch(workers)


@contextmanager
def running(job: Job, n_workers: int, every: int = 100) -> Iterator[list[Worker]]:
    """Start the processes; none is left when the block ends, whatever ends it."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(n_workers)]
    (job.folder / "logs").mkdir(exist_ok=True)
    workers = []
    try:
        for number in range(n_workers):
            workers.append(_start(job, addresses, number, every))
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.communicate()


def _start(job: Job, addresses: list[str], number: int, every: int) -> Worker:
    config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}}
    path = os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"TF_CONFIG": json.dumps(config), "PYTHONPATH": path}
    options = str(job.folder), f"--every={every}", "--launched"
    command = [sys.executable, "-m", "dbrec.training.workers", *options]
    log = job.folder / "logs" / f"worker-{number}.txt"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )
    return Worker(process, log)


def _free_ports(number: int) -> list[int]:
    """Find ports that nobody uses: all are held until the last is found, so that they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def watch(workers: list[Worker]) -> None:
    """Log what the first worker writes until all are done.

    Raises:
        RuntimeError: As soon as a worker fails.
    """
    with workers[0].log.open(encoding="utf-8", errors="replace") as output:
        while True:
            codes = [worker.process.poll() for worker in workers]
            for line in output.read().splitlines():
                logger.info(line)
            if any(codes):
                raise RuntimeError(_report(workers, codes))
            if None not in codes:
                return
            time.sleep(0.1)


def _report(workers: list[Worker], codes: list[int | None]) -> str:
    number = next(number for number, code in enumerate(codes) if code)
    log = workers[number].log
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    return (
        f"worker {number} of {len(workers)} ended with code {codes[number]} and the others were stopped; "
        f"start again to go on from the last checkpoint. The last lines of {log}:\n" + "\n".join(lines)
    )
