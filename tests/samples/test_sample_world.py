"""The sample world plays through the services, the same from the same seed, and its KPIs are what a rebuild says."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone

from core.models import Delivery as Owed
from core.models import Event, Task
from finance.models import LetterOfCredit, Presentation, SupplierInvoice
from ledger.models import Posting
from logistics.models import Receipt, Shipment
from parties.models import Organisation
from sales.models import CustomerOrder
from samples.simulator.desks import UNDER_WAY
from sourcing.models import PurchaseOrder

pytestmark = [pytest.mark.django_db, pytest.mark.volume]


def test_the_world_is_lawful_and_its_numbers_agree():
    call_command("load_sample_data", orders=5, seed=4, verbosity=0)
    assert PurchaseOrder.objects.count() == 5 + len(UNDER_WAY)
    for model in (Shipment, Receipt, SupplierInvoice, CustomerOrder):
        assert model.objects.exists(), model
    assert Posting.objects.aggregate(t=Sum("amount"))["t"] == 0
    assert not Owed.objects.filter(done_at=None).exists()
    assert Event.objects.filter(name="sourcing.purchase_order.confirmed").count() >= 4
    waiting = Task.objects.filter(done_at=None)
    assert {"buyer", "approver", "quality", "finance"} <= set(waiting.values_list("role", flat=True))
    theirs = Organisation.objects.filter(pk__in=waiting.values("party_id")).values_list("code", flat=True)
    assert {"NB-HS", "SG-CG", "TRUEQC"} <= set(theirs), "suppliers and the inspector have something to do as well"
    states = set(LetterOfCredit.objects.values_list("status", flat=True))
    assert {"draft", "issued"} <= states, "a letter of credit is to be approved, another is drawn on"
    assert set(Presentation.objects.values_list("status", flat=True)) >= {"presented", "discrepant"}
    today = timezone.localdate()
    late = CustomerOrder.objects.filter(lines__promised_date__lt=today, lines__delivered_quantity=0)
    assert late.count() >= 3, "the vessel breaks three promises"
    out = StringIO()
    call_command("rebuild_kpis", verify=True, stdout=out)
    again = StringIO()
    call_command("load_sample_data", stdout=again)
    assert "there already" in again.getvalue()
    logins = StringIO()
    call_command("sample_logins", stdout=logins)
    assert "buyer@harborpine.example" in logins.getvalue()
