"""Measures what the issue asks for and prints JSON lines {"name","value","unit"}; ``make bench`` calls it.

Every figure is taken over HTTP or from the workers on a Postgres that writes to disk as production does. Beside ours stand
raw-SQL limits of the same run ("limit_…"), so that ratios can be read on any machine.

ARGS="po_create landed" runs only the benchmarks whose name begins so; ARGS="--rows 1000000" sets the large volume.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of this directory, whose requests.py is not the library
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iscm.settings")
os.environ.setdefault("HTTPS", "0")


def main() -> int:
    import django

    django.setup()
    from benchmarks import cases, server

    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="*", help="names (or their beginnings) of benchmarks")
    parser.add_argument("--rows", type=int, default=1_000_000, help="order lines of the large volume")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [
        case for case in cases.CASES if not options.only or any(case.__name__.startswith(o) for o in options.only)
    ]
    if options.list:
        print("\n".join(case.__name__ for case in cases.CASES))
        return 0
    with server.running() as site:
        for case in chosen:
            for name, value, unit in case(site, options):
                print(json.dumps({"name": name, "value": round(value, 3), "unit": unit}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
