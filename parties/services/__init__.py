"""Everything that changes who there is and who may do what, by document."""

from parties.services.companies import create_company, save_company
from parties.services.members import (
    change_member,
    deactivate_member,
    invite_user,
    reactivate_member,
    send_invitation,
)
from parties.services.organisations import (
    OrganisationEdit,
    OrganisationInput,
    archive_organisations,
    create_organisation,
    create_organisations,
    edit_organisation,
    edit_organisations,
    input_of,
    organisation_errors,
    restore_organisations,
)
from parties.services.rules import remove_approval_rule, save_approval_rule
from parties.services.terms import InstalmentInput, save_payment_term
from parties.services.tokens import create_token, revoke_token

__all__ = [
    "InstalmentInput",
    "OrganisationEdit",
    "OrganisationInput",
    "archive_organisations",
    "change_member",
    "create_company",
    "create_organisation",
    "create_organisations",
    "create_token",
    "deactivate_member",
    "edit_organisation",
    "edit_organisations",
    "input_of",
    "invite_user",
    "organisation_errors",
    "reactivate_member",
    "remove_approval_rule",
    "restore_organisations",
    "revoke_token",
    "save_approval_rule",
    "save_company",
    "save_payment_term",
    "send_invitation",
]
