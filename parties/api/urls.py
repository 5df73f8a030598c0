from rest_framework.routers import SimpleRouter

from parties.api import views

router = SimpleRouter()
router.register("parties/organisations", views.OrganisationViewSet, basename="organisation")
router.register("parties/payment-terms", views.PaymentTermViewSet, basename="payment-term")
router.register("parties/companies", views.CompanyViewSet, basename="company")
router.register("parties/members", views.MemberViewSet, basename="member")
router.register("parties/approval-rules", views.ApprovalRuleViewSet, basename="approval-rule")
router.register("parties/tokens", views.TokenViewSet, basename="token")
urlpatterns = router.urls
