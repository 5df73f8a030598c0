"""How the web server runs. Two workers of four threads suit two cores; WEB_CONCURRENCY and WEB_THREADS change that."""

import gc
import os
import tempfile
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True  # one copy of the code in memory, and a mistake in the settings stops the start at once
timeout = 60
graceful_timeout = 25  # SIGTERM: finish what is being answered, take nothing new
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
accesslog: str | None = None  # the application writes one structured line per request
errorlog = "-"
proc_name = "iscm"
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (a heartbeat must not wait for a disk)

# Each worker counts in a file of its own here; /metrics adds them up. Set before prometheus_client is imported.
metrics_dir = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.mkdtemp(prefix="iscm-metrics-"))
metrics_dir.mkdir(parents=True, exist_ok=True)
for old in metrics_dir.glob("*.db"):
    old.unlink(missing_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)


def when_ready(server):
    """What the code is made of stays as it is: nobody looks through it for garbage, and the workers share its memory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def post_fork(server, worker):
    """A connection opened before the fork must not be shared by two workers."""
    from django.db import connections

    connections.close_all()


def child_exit(server, worker):
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
