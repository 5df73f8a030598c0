"""The doors as tests knock on them: the API with a token of a role, and a logged-in browser."""

import json

from django.test import Client


class Api:
    """``api("GET", "/sales/customers/")`` with a token of one role."""

    def __init__(self, token: str):
        self.client, self.headers = Client(), {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body=None, **headers):
        return self.client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            "application/json",
            headers={**self.headers, **headers},
        )


def person(world, role: str) -> Client:
    """A browser in which this role is logged in."""
    client = Client()
    client.force_login(world.users[role])
    return client
