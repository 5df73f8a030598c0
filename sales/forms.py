"""Forms of the customer order's pages. They know what was typed; what is allowed, the services know."""

from decimal import Decimal
from typing import cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.models import Packaging, Product
from core.actor import Actor
from core.errors import RuleBroken
from core.web.forms import DateInput, DecimalField, DocumentForm
from inventory.models import Warehouse
from parties.models import Organisation, PaymentTerm
from reference.incoterms import CHOICES
from reference.models import Country, Currency
from sales.inputs import OrderReader
from sales.models import Customer, CustomerOrder, CustomerOrderLine
from sales.services import CLAIM_WINDOWS, CustomerInput, OrderInput

TERMS = ("currency", "payment_term", "ship_to_country", "incoterm")


class CustomerOrderForm(DocumentForm):
    customer = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Customer"), empty_label=_("Choose a customer")
    )
    customer_reference = forms.CharField(label=_("Customer's reference"), max_length=60, required=False)
    order_date = forms.DateField(label=_("Order date"), widget=DateInput)
    promised = forms.DateField(
        label=_("Promised for"), widget=DateInput, required=False, help_text=_("For every line that says nothing else.")
    )
    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), label=_("From warehouse"), empty_label=None)
    currency = forms.ModelChoiceField(
        Currency.objects.none(), label=_("Currency"), required=False, empty_label=_("the customer's")
    )
    payment_term = forms.ModelChoiceField(
        PaymentTerm.objects.none(), label=_("Payment term"), required=False, empty_label=_("the customer's")
    )
    ship_to_country = forms.ModelChoiceField(
        Country.objects.none(), label=_("Ship to"), required=False, empty_label=_("the customer's country")
    )
    incoterm = forms.ChoiceField(label=_("Incoterm"), choices=[("", "–"), *CHOICES], required=False)
    remarks = forms.CharField(label=_("Remarks"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}))
    sample = forms.BooleanField(label=_("Samples: left out of the KPIs"), required=False)

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        customers = Organisation.objects.visible_to(actor).customers().order_by("name")
        self.fields["customer"].queryset = customers.filter(active=True)
        if self.document is not None:  # an archived customer stays where he stands
            self.fields["customer"].queryset = customers.filter(active=True) | customers.filter(
                pk=self.document.customer_id
            )
        self.fields["warehouse"].queryset = Warehouse.objects.visible_to(actor).filter(active=True)
        self.fields["currency"].queryset = Currency.objects.active()
        self.fields["currency"].label_from_instance = lambda c: f"{c.pk} {c.label}"
        self.fields["payment_term"].queryset = PaymentTerm.objects.filter(company_id=actor.company_id)
        self.fields["ship_to_country"].queryset = Country.objects.all()
        self.actor = actor

    def order_input(self, lines: "LineFormSet") -> OrderInput:
        """Raises RuleBroken when a line's unit does not fit its product."""
        data = self.cleaned_data
        row = {
            "customer": data["customer"].pk,
            "warehouse": data["warehouse"].pk,
            "order_date": data["order_date"],
            "currency": data["currency"].pk if data["currency"] else "",
            "customer_reference": data["customer_reference"],
            "ship_to_country": data["ship_to_country"].pk if data["ship_to_country"] else None,
            "incoterm": data["incoterm"],
            "payment_term": data["payment_term"].pk if data["payment_term"] else None,
            "remarks": data["remarks"],
            "sample": data["sample"],
            "mode": self.document.mode if self.document else "",
            "lines": [line.values(data["promised"]) for line in lines.kept()],
        }
        (order,) = OrderReader(self.actor, [row], pointer=lambda index: "").orders()
        return order


def header_of(order: CustomerOrder) -> dict:
    """What CustomerOrderForm shows of an order; objects, so that ``changed_by_others`` can say them."""
    names = (
        "customer", "customer_reference", "order_date", "warehouse", "currency", "payment_term", "ship_to_country",
        "incoterm", "remarks", "sample",
    )  # fmt: skip
    return {name: getattr(order, name) for name in names}


class LineForm(forms.Form):
    """One line. The product is typed or pasted as its number; the browser suggests, the server decides."""

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
    quantity = DecimalField(label=_("Quantity"), max_digits=14, decimal_places=4, min_value=Decimal(0))
    unit = forms.ChoiceField(label=_("Of"), choices=[("", _("unit")), *Packaging.Level.choices], required=False)
    unit_price = DecimalField(label=_("Unit price"), max_digits=18, decimal_places=6, min_value=Decimal(0))
    promised_date = forms.DateField(label=_("Promised for"), widget=DateInput, required=False)

    def counts(self) -> bool:
        """Whether the row is a line: something was typed."""
        return self.has_changed() or bool(self.initial.get("sku"))

    def values(self, promised) -> dict:
        data = self.cleaned_data
        return {
            "product": data["product"].pk,
            "quantity": data["quantity"],
            "unit": data["unit"],
            "unit_price": data["unit_price"],
            "promised_date": data["promised_date"] or promised,
            "description": data["description"],
        }


class LineFormSet(forms.BaseFormSet):
    """The line grid. Empty rows count for nothing; products are looked up once for all rows."""

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean(self):
        typed = {form.cleaned_data["sku"] for form in self.kept() if form.cleaned_data.get("sku")}
        products = Product.objects.visible_to(self.actor)
        found = {product.sku.casefold(): product for product in products.filter(sku__in=typed)}
        for sku in {sku for sku in typed if sku.casefold() not in found}:  # another case, or the GTIN
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

    def point(self, error: RuleBroken) -> RuleBroken:
        """The same refusal with its pointers at the rows of the grid: the service counts only the rows sent."""
        rows = {number: self.forms.index(form) for number, form in enumerate(self.kept())}
        for one in error.errors:
            parts = one["pointer"].strip("/").split("/")
            if len(parts) >= 2 and parts[0] == "lines" and parts[1].isdigit() and int(parts[1]) in rows:
                last = parts[2] if len(parts) > 2 and parts[2] in LineForm.base_fields else "sku"
                one["pointer"] = f"/lines/{rows[int(parts[1])]}/{last}"
        return error


def line_formset(*, rows: int) -> type[LineFormSet]:
    """The grid with ``rows`` empty lines below those it is given."""
    made = forms.formset_factory(
        LineForm, formset=LineFormSet, extra=rows, can_delete=True, max_num=1000, absolute_max=1000
    )
    return cast(type[LineFormSet], made)


def lines_of(order: CustomerOrder) -> list[dict]:
    """What the grid shows of an order's live lines, in stock units."""
    names = ("sku", "description", "quantity", "unit_price", "promised_date")
    return [{name: getattr(line, name) for name in names} for line in order.lines.all() if not line.cancelled]


class ReasonForm(DocumentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 2}))


class CancelForm(ReasonForm):
    by_customer = forms.BooleanField(
        label=_("The customer asked for it"),
        required=False,
        help_text=_("Then the order does not count as one we failed."),
    )


class RepromiseForm(ReasonForm):
    """One date for each line that is still open."""

    asked_by_customer = forms.BooleanField(
        label=_("The customer asked for it"),
        required=False,
        help_text=_("Only then, and before it was due, does the commit date move too, by which on-time is judged."),
    )

    def __init__(self, *args, lines: list[CustomerOrderLine], **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = lines
        own = {
            f"line-{line.pk}": forms.DateField(
                label=f"{line.position}. {line.sku} {line.description}", widget=DateInput, initial=line.promised_date
            )
            for line in lines
        }
        self.fields = {
            **{k: v for k, v in self.fields.items() if k == "version"},
            **own,
            **{k: v for k, v in self.fields.items() if k != "version"},
        }

    def dates(self) -> dict:
        return {line.pk: self.cleaned_data[f"line-{line.pk}"] for line in self.lines}


class CustomerForm(DocumentForm):
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"))
    payment_term = forms.ModelChoiceField(
        PaymentTerm.objects.none(), label=_("Payment term"), required=False, empty_label="–"
    )
    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Currency"), required=False, empty_label="–")
    credit_limit = DecimalField(
        label=_("Credit limit"),
        required=False,
        min_value=Decimal(0),
        max_digits=18,
        decimal_places=2,
        help_text=_("Empty: none."),
    )
    claim_days = forms.IntegerField(
        label=_("Claim window"),
        min_value=0,
        max_value=365,
        initial=14,
        help_text=_("After delivery, where a kind of claim has none of its own."),
    )
    damage_claim_days = forms.IntegerField(
        label=_("Claim window, damage"),
        min_value=0,
        max_value=365,
        required=False,
        help_text=_("Found on unpacking; usually 7. Empty: as above."),
    )
    quality_claim_days = forms.IntegerField(
        label=_("Claim window, defects"),
        min_value=0,
        max_value=365,
        required=False,
        help_text=_("Found in use; usually 30 to 90. Empty: as above."),
    )

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        taken = Customer.objects.visible_to(actor).values("organisation_id")
        self.fields["organisation"].queryset = (
            Organisation.objects.visible_to(actor)
            .filter(active=True)
            .exclude(pk__in=taken)
            .order_by("-is_customer", "name")
        )
        self.fields["payment_term"].queryset = PaymentTerm.objects.filter(company_id=actor.company_id)
        self.fields["currency"].queryset = Currency.objects.active()
        self.fields["currency"].label_from_instance = lambda c: f"{c.pk} {c.label}"
        for name in CLAIM_WINDOWS:
            self.fields[name].unit = _now("days")
        if self.document is not None:
            del self.fields["organisation"]

    def given(self) -> CustomerInput:
        data = self.cleaned_data
        return CustomerInput(
            organisation_id=data["organisation"].pk if "organisation" in data else self.document.organisation_id,
            payment_term_id=data["payment_term"].pk if data["payment_term"] else None,
            currency=data["currency"].pk if data["currency"] else None,
            credit_limit=data["credit_limit"],
            **{name: data[name] for name in CLAIM_WINDOWS},
        )
