"""The audit trail: who changed which field from what to what, through which door, written by the database itself.

pghistory's triggers see every insert, update and delete, bulk and raw SQL included; the rows are append-only.
"""

import pghistory
import pgtrigger
from django.db import models


def tracked(*, of: str = "", **options):
    """Class decorator: keep every version of the model's rows in ``<Model>Event`` (statement-level: cheap in bulk).

    ``of``: the foreign key to the document whose page tells of these rows too (see ``history``). By it and by the row
    itself versions are found; no other column of theirs is indexed.
    """
    if of:
        options["meta"] = {"indexes": [models.Index(fields=[of])]}
    return pghistory.track(
        pghistory.InsertEvent(level=pgtrigger.Statement),
        pghistory.UpdateEvent(level=pgtrigger.Statement),
        pghistory.DeleteEvent(level=pgtrigger.Statement),
        append_only=True,
        **options,
    )


def history(kind_model, pk: int, *, children: tuple = ()) -> list[dict]:
    """The audit entries of one document, newest first: when, who, through which door, and field by field before → after.

    ``children`` are (model, foreign key name) pairs whose rows belong to the document (its lines).
    """
    entries = _entries(kind_model, {"pgh_obj_id": pk}, prefix="")
    for model, parent in children:
        entries += _entries(model, {f"{parent}_id": pk}, prefix=str(model._meta.verbose_name))
    return sorted(entries, key=lambda entry: (entry["at"], entry["id"]), reverse=True)


def _entries(model, lookup: dict, *, prefix: str) -> list[dict]:
    event_model = model.pgh_event_model
    names = [field.attname for field in event_model._meta.concrete_fields if not field.name.startswith("pgh_")]
    found: list[dict] = []
    last: dict[int, dict] = {}
    for row in event_model.objects.filter(**lookup).order_by("pgh_id"):
        before = last.get(row.pgh_obj_id, {})
        after = {name: getattr(row, name) for name in names}
        gone = row.pgh_label == "delete_event" or row.pgh_label == "delete"
        changes = [
            {**_field(model, name), "before": before.get(name), "after": None if gone else value}
            for name, value in after.items()
            if name not in ("id", "version")
            and (gone or before.get(name) != value)
            and not (not before and value in (None, ""))
        ]
        last[row.pgh_obj_id] = after
        context = row.pgh_context or {}
        if changes or gone:
            found.append(
                {
                    "id": row.pgh_id,
                    "at": row.pgh_created_at,
                    "what": row.pgh_label,
                    "part": f"{prefix} {row.pgh_obj_id}".strip() if prefix else "",
                    "who": context.get("name", ""),
                    "door": context.get("door", ""),
                    "request_id": context.get("request", ""),
                    "changes": changes,
                }
            )
    return found


def _field(model, attname: str) -> dict:
    """What the page needs to say a value in words: the field's name, what a foreign key points at, its choices."""
    for field in model._meta.concrete_fields:
        if field.attname == attname:
            choices = dict(field.flatchoices) if field.choices else {}
            return {"field": str(field.verbose_name), "target": field.related_model, "choices": choices}
    return {"field": attname, "target": None, "choices": {}}
