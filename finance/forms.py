"""Forms of finance's pages. They know what was typed; what is allowed, the services know."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.actor import Actor
from core.web.forms import DateInput, DecimalField, DocumentForm
from finance import services
from finance.models import ChargeBasis, ChargeKind, CreditReason, DebitReason
from finance.selectors.letters import NOT_PRESENTED
from logistics.models import TradeDocumentType
from parties.models import Organisation, PaymentTerm
from reference.models import Currency
from sourcing.models import PurchaseOrderLine


def _amount(label, **options) -> DecimalField:
    return DecimalField(**{"label": label, "max_digits": 18, "decimal_places": 4, "min_value": 0, **options})


class _InvoiceHead(DocumentForm):
    supplier = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Supplier"), empty_label=_("Choose a supplier")
    )
    supplier_number = forms.CharField(label=_("Number on the invoice"), max_length=60)
    invoice_date = forms.DateField(label=_("Invoice date"), widget=DateInput)
    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Currency"), empty_label=None)
    due_date = forms.DateField(
        label=_("Due"),
        widget=DateInput,
        required=False,
        help_text=_("Only where the paper says so; else the term does."),
    )

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        found = Organisation.objects.visible_to(actor).filter(active=True).order_by("name")
        self.fields["supplier"].queryset = found
        self.fields["currency"].queryset = Currency.objects.active()
        self.fields["currency"].label_from_instance = lambda c: f"{c.pk} {c.label}"

    def head(self) -> dict:
        data = self.cleaned_data
        return {
            "supplier_id": data["supplier"].pk,
            "supplier_number": data["supplier_number"],
            "invoice_date": data["invoice_date"],
            "currency": data["currency"].pk,
            "due_date": data["due_date"],
        }


class GoodsInvoiceForm(_InvoiceHead):
    payment_term = forms.ModelChoiceField(
        PaymentTerm.objects.none(), label=_("Payment term"), required=False, empty_label=_("as the order")
    )
    amount = _amount(_("Total on the invoice"), required=False, help_text=_("The lines must add up to it."))

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["payment_term"].queryset = PaymentTerm.objects.filter(company_id=actor.company_id)

    def invoice(self, lines, shipment_id: int | None) -> services.GoodsInvoice:
        data = self.cleaned_data
        return services.GoodsInvoice(
            **self.head(),
            lines=[row.line() for row in lines],
            amount=data["amount"],
            payment_term_id=data["payment_term"].pk if data["payment_term"] else None,
            shipment_id=shipment_id,
        )


class GoodsLineForm(forms.Form):
    """A line of an order; what is typed over is what the paper says."""

    order_line = forms.IntegerField(widget=forms.HiddenInput)
    product = forms.CharField(label=_("Order line"), required=False, disabled=True)
    quantity = DecimalField(label=_("Quantity"), max_digits=14, decimal_places=4, min_value=0)
    unit_price = DecimalField(label=_("Unit price"), max_digits=18, decimal_places=6, min_value=0)

    def line(self) -> services.GoodsLine:
        data = self.cleaned_data
        return services.GoodsLine(data["order_line"], data["quantity"], data["unit_price"])


GoodsLines = forms.formset_factory(GoodsLineForm, extra=0, can_delete=True)


class ChargeForm(DocumentForm):
    kind = forms.ChoiceField(label=_("What for"), choices=ChargeKind.choices)
    amount = _amount(_("Amount"))
    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Currency"), empty_label=None)
    day = forms.DateField(label=_("Day of the rate"), widget=DateInput)
    basis = forms.ChoiceField(
        label=_("Shared over the goods"),
        required=False,
        choices=[("", _("as usual for its kind")), *(c for c in ChargeBasis.choices if c[0] != "direct")],
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["currency"].queryset = Currency.objects.active()
        self.fields["currency"].label_from_instance = lambda c: f"{c.pk} {c.label}"

    def values(self) -> dict:
        data = super().values()
        return data | {"currency": data["currency"].pk}


class BillForm(_InvoiceHead):
    """The bill of a forwarder, broker, insurer or the customs."""

    posted_date = forms.DateField(
        label=_("Posted on"), widget=DateInput, required=False, help_text=_("Only where the invoice's month is closed.")
    )


class BilledChargeForm(forms.Form):
    charge = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=_("What for"), choices=[("", "–"), *ChargeKind.choices], required=False)
    estimate = forms.CharField(label=_("Estimate"), required=False, disabled=True)
    amount = _amount(_("Billed"), required=False)
    basis = forms.ChoiceField(
        label=_("Shared"),
        required=False,
        choices=[("", _("as usual")), *(c for c in ChargeBasis.choices if c[0] != "direct")],
    )

    def billed(self, movement: dict) -> services.BilledCharge | None:
        data = self.cleaned_data
        if data.get("amount") is None:
            return None
        if data.get("charge"):
            return services.BilledCharge(data["amount"], charge_id=data["charge"])
        return services.BilledCharge(data["amount"], kind=data["kind"], basis=data["basis"], **movement)


BilledCharges = forms.formset_factory(BilledChargeForm, extra=0)


class DisputeForm(DocumentForm):
    reason = forms.CharField(
        label=_("What is wrong"), max_length=300, required=False, widget=forms.Textarea({"rows": 2}),
        help_text=_("The supplier reads it. Empty: what the match says."),
    )  # fmt: skip


class SettleForm(DocumentForm):
    accept = forms.ChoiceField(
        label=_("How it ended"),
        choices=[("no", _("The supplier gives the disputed part up")), ("yes", _("We accept it after all"))],
        widget=forms.RadioSelect,
    )
    day = forms.DateField(label=_("Day"), widget=DateInput)

    def values(self) -> dict:
        data = super().values()
        return data | {"accept": data["accept"] == "yes"}


class DayForm(DocumentForm):
    day = forms.DateField(label=_("Day"), widget=DateInput)


class DebitForm(DocumentForm):
    reason = forms.ChoiceField(label=_("Why"), choices=DebitReason.choices)
    amount = _amount(_("Amount"))
    order_line = forms.ModelChoiceField(
        PurchaseOrderLine.objects.none(), label=_("Order line"), required=False, empty_label=_("none in particular")
    )
    quantity = DecimalField(label=_("Quantity"), max_digits=14, decimal_places=4, min_value=0, required=False)
    reopen_billing = forms.BooleanField(label=_("The quantity may be billed again"), required=False)
    day = forms.DateField(label=_("Day"), widget=DateInput)
    remarks = forms.CharField(label=_("Remarks"), max_length=300, required=False)

    def __init__(self, *args, invoice, **kwargs):
        super().__init__(*args, **kwargs)
        lines = invoice.lines.exclude(order_line=None).values("order_line_id")
        self.fields["order_line"].queryset = PurchaseOrderLine.objects.filter(pk__in=lines).order_by(
            "order_id", "position"
        )

    def debit(self, invoice_id: int) -> services.Debit:
        data = self.values()
        line = data.pop("order_line")
        data["quantity"] = data["quantity"] or 0
        return services.Debit(invoice_id=invoice_id, order_line_id=line.pk if line else None, **data)


class PaymentForm(DocumentForm):
    amount = _amount(_("Amount"))
    payment_date = forms.DateField(label=_("To be paid on"), widget=DateInput)
    reference = forms.CharField(label=_("Reference for the bank"), max_length=60, required=False)


class PayForm(DocumentForm):
    day = forms.DateField(label=_("Paid on"), widget=DateInput, help_text=_("Posted at the rate of this day."))
    reference = forms.CharField(label=_("Bank reference"), max_length=60, required=False)


class RefundForm(DocumentForm):
    amount = _amount(_("Amount"))
    day = forms.DateField(label=_("Received on"), widget=DateInput, help_text=_("Posted at the rate of this day."))
    reference = forms.CharField(label=_("Bank reference"), max_length=60, required=False)


class ReturnForm(DocumentForm):
    day = forms.DateField(label=_("Came back on"), widget=DateInput)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("What the bank said."))


class AccountForm(DocumentForm):
    holder = forms.CharField(label=_("Account holder"), max_length=200)
    account = forms.CharField(label=_("IBAN or account number"), max_length=40)
    bank_code = forms.CharField(label=_("BIC or bank code"), max_length=20, required=False)
    bank_name = forms.CharField(label=_("Bank"), max_length=120, required=False)


class CollectForm(DocumentForm):
    amount = _amount(_("Amount received"))
    day = forms.DateField(label=_("Received on"), widget=DateInput)
    reference = forms.CharField(label=_("Bank reference"), max_length=60, required=False)


class CreditForm(DocumentForm):
    reason = forms.ChoiceField(
        label=_("Why"), choices=CreditReason.choices,
        help_text=_("Price, quantity, tax and document say that the papers were not right first time: the order was not perfect."),
    )  # fmt: skip
    amount = _amount(_("Amount"))
    day = forms.DateField(label=_("Date"), widget=DateInput)
    remarks = forms.CharField(label=_("Remarks"), max_length=300, required=False)


class ToleranceForm(DocumentForm):
    supplier = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Supplier"), required=False, empty_label=_("every supplier")
    )
    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Product"), required=False, empty_label=_("every product")
    )
    quantity_pct = DecimalField(label=_("Quantity (%)"), max_digits=7, decimal_places=3, required=False)
    quantity_abs = DecimalField(label=_("Quantity (units)"), max_digits=14, decimal_places=4, required=False)
    price_pct = DecimalField(label=_("Price (%)"), max_digits=7, decimal_places=3, required=False)
    price_abs = DecimalField(label=_("Price (amount)"), max_digits=18, decimal_places=6, required=False)
    bill_rejected = forms.NullBooleanField(
        label=_("Rejected goods may be billed"), required=False,
        widget=forms.Select(choices=[("", _("as the wider rule says")), ("true", _("yes")), ("false", _("no"))]),
    )  # fmt: skip

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["supplier"].queryset = Organisation.objects.visible_to(actor).suppliers().order_by("name")
        self.fields["product"].queryset = Product.objects.visible_to(actor).order_by("sku")

    def values(self) -> dict:
        data = super().values()
        for name in ("supplier", "product"):
            one = data.pop(name)
            data[f"{name}_id"] = one.pk if one else None
        return data


PAPERS = [choice for choice in TradeDocumentType.choices if choice[0] not in NOT_PRESENTED]


class LetterTermsForm(DocumentForm):
    """What a credit says."""

    amount = _amount(_("Amount"))
    tolerance_percent = DecimalField(
        label=_("Tolerance (%)"), max_digits=5, decimal_places=2, min_value=0, max_value=100,
        help_text=_("More or less, of amount and quantity. “About” in a credit means 10 %."),
    )  # fmt: skip
    latest_shipment_date = forms.DateField(label=_("Latest shipment"), widget=DateInput)
    expiry_date = forms.DateField(label=_("Expiry"), widget=DateInput)
    presentation_days = forms.IntegerField(
        label=_("Days for presentation"), min_value=1, max_value=365,
        help_text=_("After shipment, and before it expires; 21 where a credit is silent."),
    )  # fmt: skip
    insurance_percent = DecimalField(
        label=_("Insurance cover (%)"), max_digits=6, decimal_places=2, min_value=110, max_value=1000,
        help_text=_("Of the invoice, where an insurance document is asked for."),
    )  # fmt: skip
    documents = forms.MultipleChoiceField(
        label=_("Documents to present"), choices=PAPERS, widget=forms.CheckboxSelectMultiple
    )
    partial_shipments = forms.BooleanField(label=_("Partial shipments are allowed"), required=False)

    def terms(self, **fees) -> services.LetterTerms:
        data = {name: value for name, value in self.values().items() if name not in ("bank", "reason")}
        return services.LetterTerms(**{**data, **fees})


class AmendLetterForm(LetterTermsForm):
    reason = forms.CharField(
        label=_("Why"), max_length=200,
        help_text=_("The supplier reads it. Bank and supplier must have agreed: an issued credit is irrevocable."),
    )  # fmt: skip


class LetterForm(LetterTermsForm):
    """A draft: with the bank that is to issue it, and what that asks."""

    bank = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Issuing bank"), empty_label=_("Choose a bank"),
        help_text=_("Banks are organisations that are marked as one."),
    )  # fmt: skip
    fee_percent = DecimalField(
        label=_("Bank's fee (%)"), max_digits=6, decimal_places=4, min_value=0, max_value=100,
        help_text=_("Of the amount. Goods carry it when their documents are honoured."),
    )  # fmt: skip
    fee_fixed = _amount(_("Bank's fixed fee"))
    field_order = ("bank", "amount")

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        banks = Organisation.objects.visible_to(actor).filter(is_bank=True, active=True)
        self.fields["bank"].queryset = banks.order_by("name")


class IssueLetterForm(DocumentForm):
    bank_reference = forms.CharField(label=_("The bank's number"), max_length=40)
    day = forms.DateField(label=_("Issued on"), widget=DateInput)


class EndLetterForm(DocumentForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("The supplier reads it."))


class PresentForm(DocumentForm):
    """What the bank has received; prefilled from the invoice, and from the papers of its shipment that are here."""

    presented_date = forms.DateField(
        label=_("Presented"), widget=DateInput, help_text=_("To the bank. It has five banking days to examine.")
    )
    amount = _amount(_("Amount drawn"))
    shipped_date = forms.DateField(
        label=_("On board"), widget=DateInput, required=False, help_text=_("As the transport document states it.")
    )
    packing_quantity = DecimalField(
        label=_("Quantity on the packing list"), max_digits=18, decimal_places=4, min_value=0, required=False,
        help_text=_("Added up over its lines."),
    )  # fmt: skip
    insured_amount = _amount(_("Insured"), required=False, help_text=_("As the insurance document states it."))
    documents = forms.MultipleChoiceField(
        label=_("Documents presented"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, letter, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["documents"].choices = [choice for choice in PAPERS if choice[0] in letter.documents]


class ExamineForm(DocumentForm):
    day = forms.DateField(label=_("Examined on"), widget=DateInput)
    findings = forms.CharField(
        label=_("What else differs"), required=False, max_length=3000, widget=forms.Textarea({"rows": 4}),
        help_text=_("A line for each discrepancy that dates, amounts and papers do not show, such as a misspelt name."),
    )  # fmt: skip

    def values(self) -> dict:
        data = super().values()
        return data | {"findings": data["findings"].splitlines()}


class WaiveForm(DocumentForm):
    day = forms.DateField(label=_("Waived on"), widget=DateInput)
    reason = forms.CharField(label=_("Why"), max_length=300, help_text=_("The supplier reads it."))


class RefuseForm(DocumentForm):
    day = forms.DateField(label=_("Refused on"), widget=DateInput)
