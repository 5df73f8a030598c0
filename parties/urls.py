from django.urls import path

from parties.views import organisations, people, settings

app_name = "parties"
urlpatterns = [
    path("organisations/", organisations.OrganisationList.as_view(), name="organisations"),
    path("organisations/new/", organisations.organisation_new, name="organisation_new"),
    path("organisations/<int:pk>/", organisations.organisation_detail, name="organisation"),
    path("organisations/<int:pk>/edit/", organisations.organisation_edit, name="organisation_edit"),
    path("organisations/<int:pk>/archive/", organisations.organisation_archive, name="organisation_archive"),
    path("organisations/<int:pk>/restore/", organisations.organisation_restore, name="organisation_restore"),
    path("company/", settings.company, name="company"),
    path("payment-terms/", settings.PaymentTermList.as_view(), name="payment_terms"),
    path("payment-terms/new/", settings.payment_term_new, name="payment_term_new"),
    path("payment-terms/<int:pk>/", settings.payment_term_edit, name="payment_term_edit"),
    path("approval-rules/", settings.ApprovalRuleList.as_view(), name="approval_rules"),
    path("approval-rules/new/", settings.approval_rule_new, name="approval_rule_new"),
    path("approval-rules/<int:pk>/", settings.approval_rule_edit, name="approval_rule_edit"),
    path("approval-rules/<int:pk>/remove/", settings.approval_rule_remove, name="approval_rule_remove"),
    path("people/", people.MemberList.as_view(), name="members"),
    path("people/invite/", people.member_invite, name="member_invite"),
    path("people/<int:pk>/", people.member_edit, name="member_edit"),
    path("people/<int:pk>/deactivate/", people.member_deactivate, name="member_deactivate"),
    path("people/<int:pk>/reactivate/", people.member_reactivate, name="member_reactivate"),
    path("people/<int:pk>/invite-again/", people.member_resend, name="member_resend"),
    path("tokens/", people.TokenList.as_view(), name="tokens"),
    path("tokens/new/", people.token_new, name="token_new"),
    path("tokens/<int:pk>/revoke/", people.token_revoke, name="token_revoke"),
]
