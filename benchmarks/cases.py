"""Every benchmark, in the order in which they run: what a request costs, then what the engine does with it."""

from benchmarks import engine, requests

CASES = [*requests.CASES, *engine.CASES]
