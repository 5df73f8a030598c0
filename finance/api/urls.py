from rest_framework.routers import SimpleRouter

from finance.api.customers import CollectionViewSet, CreditNoteViewSet, CustomerInvoiceViewSet
from finance.api.letters import LetterOfCreditViewSet, PresentationViewSet
from finance.api.views import ChargeViewSet, PaymentViewSet, SupplierInvoiceViewSet

router = SimpleRouter()
router.register("finance/supplier-invoices", SupplierInvoiceViewSet, basename="supplier-invoice")
router.register("finance/charges", ChargeViewSet, basename="charge")
router.register("finance/payments", PaymentViewSet, basename="payment")
router.register("finance/customer-invoices", CustomerInvoiceViewSet, basename="customer-invoice")
router.register("finance/collections", CollectionViewSet, basename="collection")
router.register("finance/credit-notes", CreditNoteViewSet, basename="credit-note")
router.register("finance/letters-of-credit", LetterOfCreditViewSet, basename="letter-of-credit")
router.register("finance/presentations", PresentationViewSet, basename="presentation")
urlpatterns = router.urls
