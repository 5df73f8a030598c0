"""Questions about roles and rights that span apps, answered from what the apps themselves declare."""

from dataclasses import dataclass

from django.apps import apps
from django.utils.text import capfirst

from parties.roles import permissions_of_all


@dataclass(frozen=True)
class ApprovableKind:
    label: str
    permission: str


def approvable_kinds() -> dict[str, ApprovableKind]:
    """The kinds of documents that are approved: those for which an app declares a permission ``approve_<model>``."""
    found = {}
    for config in apps.get_app_configs():
        for permission in getattr(config, "role_permissions", {}):
            app, _dot, codename = permission.partition(".")
            verb, _underscore, model_name = codename.partition("_")
            if verb == "approve" and model_name in config.models:
                model = config.models[model_name]
                found[f"{app}.{model_name}"] = ApprovableKind(str(capfirst(model._meta.verbose_name)), permission)
    return found


def permissions_by_app(roles) -> list[tuple[str, list[tuple[str, str]]]]:
    """What these roles may do, by app: (app, [(permission, "approve purchase order")]), as a token's scopes offer it."""
    held = permissions_of_all(roles)
    found = []
    for config in apps.get_app_configs():
        names = sorted(name for name in getattr(config, "role_permissions", {}) if name in held)
        if names:
            found.append((str(capfirst(config.verbose_name)), [(name, spoken(name)) for name in names]))
    return found


def spoken(permission: str) -> str:
    """ "sourcing.approve_purchaseorder" as "approve purchase order"."""
    app, _dot, codename = permission.partition(".")
    verb, _underscore, noun = codename.partition("_")
    try:
        noun = str(apps.get_model(app, noun)._meta.verbose_name)
    except LookupError:
        noun = noun.replace("_", " ")
    return f"{verb} {noun}"
