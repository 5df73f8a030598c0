"""Many clients at the same instant: threads with connections of their own, on a database whose changes stay."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.test import Client

CLIENTS = 16


def at_the_same_moment(calls: Sequence[Callable[[], object]]) -> list:
    """This will run all calls at once, each on a connection of its own, and return what each answered (or raised)."""
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            connections["default"].ensure_connection()  # connecting takes longer than the race
            gate.wait(30)
            answers[number] = calls[number]()
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


class Door:
    """The API as one person: ``door("POST", "/sourcing/…", body, **headers)`` → (status, body)."""

    def __init__(self, token: str):
        self.token, self.client = token, Client(raise_request_exception=False)
        self.client.handler.load_middleware()

    def __call__(self, method: str, path: str, body=None, **headers):
        answer = self.client.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            "application/json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )
        spoken = answer.get("Content-Type", "").endswith("json")
        return answer.status_code, (answer.json() if spoken else None)

    def until_heard(self, method: str, path: str, body=None, **headers):
        """As a client does it: 409 busy (a lock that took too long) is tried again."""
        for _attempt in range(20):
            status, answer = self(method, path, body, **headers)
            if not (status == 409 and answer["code"] == "busy"):
                break
        return status, answer


def statuses(answers: list) -> Counter:
    """How many answered what; an exception counts under its name."""
    return Counter(a[0] if isinstance(a, tuple) else type(a).__name__ for a in answers)


@contextmanager
def without_locks(monkeypatch):
    """Look without locking: what the races are proven with. The window between look and leap is held open a little."""
    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self._chain())
        yield


@contextmanager
def slowly(monkeypatch, owner, name: str, seconds: float = 0.03):
    """Hold the window open: ``owner.name`` waits before it goes on, as a busy server would."""
    original = getattr(owner, name)

    def late(*args, **kwargs):
        time.sleep(seconds)
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, late)
        yield
