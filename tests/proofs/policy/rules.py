"""The words in which a rule is written; the rules themselves stand beside it, by area."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ANYONE = "anyone"  # without logging in
MEMBER = "member"  # any person with a membership
STAFF = "staff"  # any of our own people

Body = dict | list | Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Rule:
    """Who may do what at one endpoint.

    ``methods``: the permission that the caller's role must hold, for each. ``subject``: the kind of document the
    address names; tests/proofs/makers.py makes one of it for each owner. ``body``: what its serializer accepts (a
    callable gets the estate and the document). ``kwargs``: arguments of the address; "@reference.ExchangeRate" is the
    id of any such row. ``refused``: why no role succeeds with this body, where that is so; else one must.
    """

    methods: dict[str, str]
    subject: str = ""
    outside: bool = True  # False: for our own people; such a page does not exist for parties
    party_only: bool = False  # the portal: does not exist for our own people
    body: Body = field(default_factory=dict)
    kwargs: dict[str, str] = field(default_factory=dict)
    query: str = ""
    missing: bool = False  # it names something that is not there: 404 for whoever may
    changes: str = ""  # what writing methods name, where the subject is not in the right state for them
    refused: str = ""
    four_eyes: bool = False  # some who may are refused here: their own request, or more than their limit

    def subject_of(self, method: str) -> str:
        """The kind of document that the address names for this method."""
        return self.changes if self.changes and method != "GET" else self.subject

    @property
    def subjects(self) -> set[str]:
        return {self.subject, self.changes} - {""}


def page(
    permission: str, *, post: str = "", subject: str = "", outside: bool = False, body: Body | tuple[()] = (), **kwargs
) -> Rule:
    """A page to look at, and with ``post`` one to send."""
    methods = {"GET": permission, **({"POST": post} if post else {})}
    return Rule(methods, subject, outside=outside, body=body if callable(body) else dict(body), kwargs=kwargs)


def button(permission: str, subject: str, body: Body | tuple[()] = ()) -> Rule:
    """A button on a page of ours: it is only sent."""
    return Rule({"POST": permission}, subject, outside=False, body=body if callable(body) else dict(body))


def lists(permission: str, *names: str) -> dict[str, Rule]:
    """List pages; what is ticked on them is sent to the same address."""
    return {name: page(permission, post=permission) for name in names}


def importer(name: str, permission: str) -> dict[str, Rule]:
    """The four pages of an import wizard; a job is its uploader's alone."""
    job = {"job_id": "999999999"}
    return {
        name: page(permission, post=permission),
        f"{name}_template": page(permission, post=permission),
        f"{name}_job": Rule({"GET": permission, "POST": permission}, outside=False, kwargs=job, missing=True),
        f"{name}_rejects": Rule({"GET": permission, "POST": permission}, outside=False, kwargs=job, missing=True),
    }


def act(permission: str, body: Body | tuple[()] = (), subject: str = "", **more: Any) -> dict[str, Any]:
    """A step of a document's API: what it needs, its body, and the document it can be taken on if not the usual one."""
    return {"methods": {"POST": permission}, "body": body or {}, "subject": subject, **more}


def document(
    basename: str,
    subject: str,
    *,
    view: str,
    steps: dict[str, Any] | None = None,
    post: str = "",
    bulk: bool = False,
    body: Body | tuple[()] = (),
    more: dict[str, str] | None = None,
    changes: str = "",
    changed: Body | None = None,
    reads: tuple[str, ...] = (),
) -> dict[str, Rule]:
    """The rules of one document's API: list (``post``, ``bulk``: creating), detail (``more``: its PUT, PATCH, DELETE,
    with the body ``changed``), reads below it, and POST steps: a permission or an ``act(…)`` each.
    """
    create = {"POST": post} if post else {}
    rules = {
        f"api:{basename}-list": Rule({"GET": view, **create}, body=body or {}),
        f"api:{basename}-detail": Rule(
            {"GET": view, **(more or {})}, subject, body=body or {} if changed is None else changed, changes=changes
        ),
        **{f"api:{basename}-{name}": Rule({"GET": view}, subject) for name in reads},
    }
    if bulk:
        many = (lambda estate, _none: [body(estate, None)]) if callable(body) else [body]
        rules[f"api:{basename}-bulk"] = Rule({"POST": post}, body=many)
    for name, needs in (steps or {}).items():
        needs = act(needs) if isinstance(needs, str) else needs
        rules[f"api:{basename}-{name}"] = Rule(**{**needs, "subject": needs["subject"] or subject})
    return rules


def facts(
    basename: str, key: str, permission: str = MEMBER, post: str = "", param: str = "pk", body: Body | tuple[()] = ()
) -> dict[str, Rule]:
    """Published facts: a list and a detail by natural key."""
    return {
        f"api:{basename}-list": Rule({"GET": permission, **({"POST": post} if post else {})}, body=dict(body)),
        f"api:{basename}-detail": Rule({"GET": permission}, kwargs={param: key}),
    }
