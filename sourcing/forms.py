"""Forms of the purchase order's pages. They know what was typed; what is allowed, the services know."""

from typing import cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.actor import Actor
from core.errors import RuleBroken
from core.web.forms import DateInput, DecimalField, DocumentForm
from parties.models import Organisation, PaymentTerm
from reference.incoterms import CHOICES
from reference.models import Country, Currency
from sourcing.models import Mode, PurchaseOrder
from sourcing.services import LineInput, OrderInput
from suppliers.models import Supplier

TERMS = ("currency", "incoterm", "named_place", "mode", "payment_term", "destination_country")


class OrderForm(DocumentForm):
    supplier = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Supplier"), empty_label=_("Choose a supplier")
    )
    order_date = forms.DateField(label=_("Order date"), widget=DateInput)
    needed_by = forms.DateField(
        label=_("Needed by"), widget=DateInput, required=False, help_text=_("For every line that says nothing else.")
    )
    currency = forms.ModelChoiceField(
        Currency.objects.none(), label=_("Currency"), required=False, empty_label=_("the supplier's")
    )
    incoterm = forms.ChoiceField(label=_("Incoterm"), choices=[("", "–"), *CHOICES])
    named_place = forms.CharField(
        label=_("Named place"), max_length=100, help_text=_("As exactly as you can: Ningbo Beilun terminal, not China.")
    )
    mode = forms.ChoiceField(label=_("Mode"), choices=[("", "–"), *Mode.choices], required=False)
    payment_term = forms.ModelChoiceField(
        PaymentTerm.objects.none(), label=_("Payment term"), required=False, empty_label="–"
    )
    destination_country = forms.ModelChoiceField(
        Country.objects.none(), label=_("Destination"), required=False, empty_label="–"
    )
    remarks = forms.CharField(
        label=_("Remarks to the supplier"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2})
    )
    unit_price_order = forms.BooleanField(
        label=_("Prices only: quantities come later, lines of 0 are allowed"), required=False
    )
    sample = forms.BooleanField(label=_("Samples: left out of the KPIs"), required=False)

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        suppliers = Organisation.objects.visible_to(actor).suppliers().order_by("name")
        self.fields["supplier"].queryset = suppliers.filter(active=True)
        if self.document is not None:  # an archived supplier stays where he stands
            self.fields["supplier"].queryset = suppliers.filter(active=True) | suppliers.filter(
                pk=self.document.supplier_id
            )
        self.fields["supplier"].label_from_instance = lambda o: f"{o.name} {o.name_local}".strip() + f" ({o.code})"
        self.fields["currency"].queryset = Currency.objects.active()
        self.fields["currency"].label_from_instance = lambda c: f"{c.pk} {c.label}"
        self.fields["payment_term"].queryset = PaymentTerm.objects.filter(company_id=actor.company_id)
        self.fields["destination_country"].queryset = Country.objects.all()
        self.company_id = actor.company_id

    def clean(self):
        data = super().clean() or self.cleaned_data
        if data.get("supplier") and not data.get("currency"):
            profile = Supplier.objects.filter(organisation=data["supplier"]).first()
            if profile is None or profile.currency is None:
                self.add_error("currency", _now("Nothing is known of this supplier's currency; choose one."))
            else:
                data["currency"] = profile.currency
        return data

    def order_input(self, lines: "LineFormSet") -> OrderInput:
        data = self.cleaned_data
        return OrderInput(
            supplier_id=data["supplier"].pk,
            order_date=data["order_date"],
            currency=data["currency"].pk,
            incoterm=data["incoterm"],
            named_place=data["named_place"],
            mode=data["mode"],
            payment_term_id=data["payment_term"].pk if data["payment_term"] else None,
            destination_country=data["destination_country"].pk if data["destination_country"] else None,
            remarks=data["remarks"],
            unit_price_order=data["unit_price_order"],
            sample=data["sample"],
            promised_at=self.document.promised_at if self.document else "handover",
            lines=[line.line_input(data["needed_by"]) for line in lines.kept()],
        )


def header_of(order: PurchaseOrder) -> dict:
    """What OrderForm shows of an order; objects, so that ``changed_by_others`` can say them."""
    return {
        "supplier": order.supplier,
        "order_date": order.order_date,
        "currency": order.currency,
        "incoterm": order.incoterm,
        "named_place": order.named_place,
        "mode": order.mode,
        "payment_term": order.payment_term,
        "destination_country": order.destination_country,
        "remarks": order.remarks,
        "unit_price_order": order.unit_price_order,
        "sample": order.sample,
    }


class LineForm(forms.Form):
    """One line. The product is typed or pasted as its number; the browser suggests, the server decides."""

    line = forms.IntegerField(widget=forms.HiddenInput, required=False)
    sku = forms.CharField(
        label=_("Product"),
        max_length=60,
        widget=forms.TextInput({"list": "products", "autocomplete": "off", "class": "sku", "placeholder": _("SKU")}),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=250,
        required=False,
        widget=forms.TextInput({"placeholder": _("as the product")}),
    )
    quantity = DecimalField(label=_("Quantity"), max_digits=14, decimal_places=4, min_value=0)
    unit_price = DecimalField(label=_("Unit price"), max_digits=18, decimal_places=6, min_value=0)
    requested_date = forms.DateField(label=_("Needed by"), widget=DateInput, required=False)

    def counts(self) -> bool:
        """Whether the row is a line: something was typed, or it was there before."""
        return self.has_changed() or bool(self.cleaned_data.get("line"))

    def line_input(self, needed_by=None) -> LineInput:
        data = self.cleaned_data
        return LineInput(
            product_id=data["product"].pk,
            quantity=data["quantity"],
            unit_price=data["unit_price"],
            requested_date=data["requested_date"] or needed_by,
            description=data["description"],
        )


class LineFormSet(forms.BaseFormSet):
    """The line grid. Empty rows count for nothing; products are looked up once for all rows."""

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean(self):
        typed = {form.cleaned_data["sku"] for form in self.kept() if form.cleaned_data.get("sku")}
        products = Product.objects.visible_to(self.actor)
        found = {product.sku.casefold(): product for product in products.filter(sku__in=typed)}
        missing = {sku for sku in typed if sku.casefold() not in found}
        for sku in missing:  # another case, or the GTIN
            product = products.filter(sku__iexact=sku).first() or products.filter(gtin=sku).exclude(gtin="").first()
            if product is not None:
                found[sku.casefold()] = product
        for form in self.kept():
            sku = form.cleaned_data.get("sku")
            if sku is None:
                continue
            if sku.casefold() in found:
                form.cleaned_data["product"] = found[sku.casefold()]
            else:
                form.add_error("sku", _now("There is no product %(sku)s.") % {"sku": sku})

    def is_valid(self):
        return super().is_valid() and not any(form.errors for form in self.kept())

    def kept(self) -> list[LineForm]:
        """The rows that count: filled in and not removed."""
        return [
            form
            for form in self.forms
            if getattr(form, "cleaned_data", None) and form.counts() and not form.cleaned_data.get("DELETE")
        ]

    def point(self, error: RuleBroken, forms_sent: list[LineForm]) -> RuleBroken:
        """The same refusal with its pointers at rows of the grid: what the service counts are only the rows sent."""
        names = {"product": "sku"}
        rows = {number: self.forms.index(form) for number, form in enumerate(forms_sent)}
        for one in error.errors:
            parts = one["pointer"].strip("/").split("/")
            if len(parts) >= 2 and parts[0] == "lines" and parts[1].isdigit() and int(parts[1]) in rows:
                last = names.get(parts[2], parts[2]) if len(parts) > 2 else "sku"
                one["pointer"] = f"/lines/{rows[int(parts[1])]}/{last if last in LineForm.base_fields else 'sku'}"
        return error


def line_formset(*, rows: int) -> type[LineFormSet]:
    """The grid with ``rows`` empty lines below those it is given."""
    made = forms.formset_factory(
        LineForm, formset=LineFormSet, extra=rows, can_delete=True, max_num=1000, absolute_max=1000
    )
    return cast(type[LineFormSet], made)


def lines_of(order: PurchaseOrder) -> list[dict]:
    """What the grid shows of an order's live lines."""
    return [
        {
            "line": line.pk,
            "sku": line.sku,
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "requested_date": line.requested_date,
        }
        for line in order.lines.all()
        if not line.cancelled
    ]


class AmendForm(DocumentForm):
    reason = forms.CharField(
        label=_("Why the order is changed"),
        max_length=300,
        help_text=_("The supplier reads this and confirms the changed lines again."),
    )


class ReasonForm(DocumentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 2}))


class CommentForm(DocumentForm):
    comment = forms.CharField(label=_("Comment"), max_length=300, required=False, widget=forms.Textarea({"rows": 2}))
