from core.outbox import event

COMPANY_CREATED = event("parties.company.created", "A company of ours was set up.")
COMPANY_CHANGED = event("parties.company.changed", "The settings of a company were changed.")
ORGANISATION_CREATED = event("parties.organisation.created", "An organisation was added.")
ORGANISATION_EDITED = event("parties.organisation.edited", "An organisation was changed.")
ORGANISATION_ARCHIVED = event(
    "parties.organisation.archived", "An organisation was archived: nothing new is done with it."
)
ORGANISATION_RESTORED = event("parties.organisation.restored", "An archived organisation is in use again.")
TERM_SAVED = event("parties.payment_term.saved", "A payment term was added or changed.")
MEMBER_INVITED = event("parties.member.invited", "Somebody was invited.")
MEMBER_CHANGED = event("parties.member.changed", "Somebody's roles or approval limit were changed.")
MEMBER_DEACTIVATED = event("parties.member.deactivated", "Somebody lost access.")
MEMBER_REACTIVATED = event("parties.member.reactivated", "Somebody got access back.")
TOKEN_CREATED = event("parties.token.created", "An API token was made.")
TOKEN_REVOKED = event("parties.token.revoked", "An API token was revoked.")
RULE_SAVED = event("parties.approval_rule.saved", "An approval rule was added or changed.")
RULE_REMOVED = event("parties.approval_rule.removed", "An approval rule was removed.")
