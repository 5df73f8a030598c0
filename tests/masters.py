"""What the tests of catalogue, suppliers and parties share: callers through both doors, and lawful masters."""

import json

from django.test import Client

from tests.factories import World


class Api:
    """``api("PUT", "/catalog/products/1/", {...}, If_Match='"…"')`` as the holder of a role's token."""

    def __init__(self, world: World, role: str, scopes: list[str] | None = None):
        self.client, self.headers = Client(), {"Authorization": f"Bearer {world.token(role, scopes)}"}

    def __call__(self, method: str, path: str, body=None, **headers):
        return self.client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            "application/json",
            headers={**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}},
        )


def person(world: World, role: str) -> Client:
    """A browser in which the holder of that role is logged in."""
    client = Client()
    client.force_login(world.users[role])
    return client


def grid(prefix: str, *rows: dict, initial: int = 0) -> dict:
    """What a page's line grid sends."""
    sent = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    return sent | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def pointers(answer) -> list[str]:
    return [error["pointer"] for error in answer.json().get("errors", [])]
