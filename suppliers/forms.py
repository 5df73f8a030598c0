from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.web.forms import DateInput, DecimalField, DocumentForm
from parties.forms import IdentityForm
from parties.models import PaymentTerm
from reference.incoterms import CHOICES
from reference.models import Currency
from suppliers.flows import Hold
from suppliers.services import ItemInput, SupplierInput

PROFILE = (
    "currency", "payment_term", "incoterm", "named_place", "lead_time_days", "date_tolerance_days",
)  # fmt: skip


def _days(**options):
    return forms.IntegerField(widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}), **options)


class SupplierForm(IdentityForm):
    """An organisation and its supplier side in one: what ``services.SupplierInput`` takes."""

    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Usual currency"), required=False)
    payment_term = forms.ModelChoiceField(PaymentTerm.objects.none(), label=_("Payment term"), required=False)
    incoterm = forms.ChoiceField(label=_("Usual Incoterm"), choices=[("", "–"), *CHOICES], required=False)
    named_place = forms.CharField(
        label=_("Usual named place"), max_length=100, required=False, help_text=_("With the Incoterm: FOB Ningbo.")
    )
    lead_time_days = _days(label=_("Lead time"), required=False, help_text=_("From the order to goods ready."))
    date_tolerance_days = _days(
        label=_("Promise tolerance"),
        initial=2,
        help_text=_("A promised date this close to ours is accepted by itself."),
    )

    def __init__(self, *args, actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["currency"].queryset = Currency.objects.active()
        self.fields["currency"].label_from_instance = lambda one: f"{one.pk} – {one.label}"
        terms = PaymentTerm.objects.visible_to(actor)
        chosen = terms.filter(pk=getattr(self.document, "payment_term_id", None))
        self.fields["payment_term"].queryset = terms.filter(active=True) | chosen
        for name in ("lead_time_days", "date_tolerance_days"):
            self.fields[name].unit = _("days")

    def supplier(self, kinds: frozenset[str]) -> SupplierInput:
        data = self.cleaned_data
        return SupplierInput(
            organisation=self.organisation(kinds),
            currency=data["currency"].pk if data["currency"] else None,
            payment_term_id=data["payment_term"].pk if data["payment_term"] else None,
            incoterm=data["incoterm"],
            named_place=data["named_place"],
            lead_time_days=data["lead_time_days"],
            date_tolerance_days=data["date_tolerance_days"],
        )


class HoldForm(DocumentForm):
    kind = forms.ChoiceField(label=_("Stops"), choices=Hold.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Everybody whom the hold stops reads it: failed audit.")
    )
    release_date = forms.DateField(
        label=_("Up to and including"), widget=DateInput, required=False, help_text=_("Empty: until somebody lifts it.")
    )


class ReasonForm(DocumentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("It stays with the supplier."))


class VersionForm(DocumentForm):
    """Nothing but the version: what changes stands in the grid."""


class ItemForm(forms.Form):
    """The product is typed or pasted as its number; the browser suggests, the server decides."""

    sku = forms.CharField(
        label=_("Product"), max_length=60,
        widget=forms.TextInput({"list": "products", "autocomplete": "off", "class": "sku", "placeholder": _("SKU")}),
    )  # fmt: skip
    supplier_sku = forms.CharField(label=_("Supplier's number"), max_length=60, required=False)
    unit_price = DecimalField(label=_("Unit price"), max_digits=18, decimal_places=6, min_value=0, required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    minimum_quantity = DecimalField(
        label=_("Minimum order"), max_digits=14, decimal_places=4, min_value=0, required=False
    )
    lead_time_days = _days(label=_("Lead time"), required=False)

    def __init__(self, *args, currencies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies
        self.fields["lead_time_days"].unit = _("days")


class ItemFormSet(forms.BaseFormSet):
    """The grid. Empty rows count for nothing; products are looked up once for all rows."""

    def __init__(self, *args, actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.actor = actor

    def kept(self) -> list[tuple[int, forms.Form]]:
        return [
            (number, form)
            for number, form in enumerate(self.forms)
            if form.cleaned_data.get("sku") and not form.cleaned_data.get("DELETE")
        ]

    def clean(self):
        typed = {form.cleaned_data["sku"] for _number, form in self.kept()}
        products = Product.objects.visible_to(self.actor).filter(sku__in=typed)
        found = {product.sku.casefold(): product for product in products}
        for _number, form in self.kept():
            sku = form.cleaned_data["sku"]
            product = found.get(sku.casefold()) or (
                Product.objects.visible_to(self.actor).filter(sku__iexact=sku).first()
            )
            if product is None:
                form.add_error("sku", _now("There is no product %(sku)s.") % {"sku": sku})
            else:
                form.cleaned_data["product"] = product

    def items(self) -> tuple[list[ItemInput], list[int]]:
        """The filled-in rows, and which row of the page each of them is."""
        inputs = [
            ItemInput(
                product_id=data["product"].pk,
                supplier_sku=data["supplier_sku"],
                unit_price=data["unit_price"],
                currency=data["currency"] or None,
                minimum_quantity=data["minimum_quantity"] or Decimal(0),
                lead_time_days=data["lead_time_days"],
            )
            for _number, form in self.kept()
            for data in (form.cleaned_data,)
        ]
        return inputs, [number for number, _form in self.kept()]


ItemGrid = forms.formset_factory(ItemForm, formset=ItemFormSet, extra=2, can_delete=True, max_num=1000)
