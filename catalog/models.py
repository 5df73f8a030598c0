"""What the company buys and sells."""

from django.db import models
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.querysets import ProductGroupQuerySet, ProductQuerySet
from core.audit import tracked
from core.documents import Versioned


@tracked()
class ProductGroup(Versioned):
    """A family of products: the group by which KPIs are read."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=100)
    name_zh = models.CharField(_("Chinese name"), max_length=100, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = ProductGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("product group")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="catalog_group_code")]
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:group_edit", args=[self.pk])


@tracked()
class Product(Versioned):
    """A stock-keeping unit. Stock is kept in ``unit``; packaging levels say what a carton or pallet holds."""

    company = models.ForeignKey(
        "parties.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("company"), db_index=False
    )
    sku = models.CharField(_("SKU"), max_length=60)
    name = models.CharField(_("name"), max_length=250)
    name_zh = models.CharField(_("Chinese name"), max_length=250, blank=True)
    description = models.TextField(
        _("description for trade documents"),
        blank=True,
        help_text=_("What customs should read on the invoice: what it is, of what material, for what use."),
    )
    group = models.ForeignKey(
        ProductGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("product group"),
    )
    unit = models.ForeignKey(
        "reference.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("stock unit"), db_index=False
    )
    gtin = models.CharField(
        _("GTIN"),
        max_length=14,
        blank=True,
        help_text=_("The barcode: GTIN-8, 12 (UPC), 13 (EAN) or 14, check digit included."),
    )
    hs_code = models.CharField(
        _("HS code"),
        max_length=12,
        blank=True,
        help_text=_("6 digits are international; up to 12 with a country's own."),
    )
    origin = models.ForeignKey(
        "reference.Country",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("country of origin"),
        db_index=False,
    )
    net_weight_kg = models.DecimalField(_("net weight (kg)"), max_digits=12, decimal_places=4, null=True, blank=True)
    inspection_required = models.BooleanField(_("needs a pre-shipment inspection"), default=False)
    over_receipt_pct = models.DecimalField(
        _("over-receipt tolerance (%)"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Empty: the company's default. 0 allows none."),
    )
    active = models.BooleanField(_("active"), default=True)

    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        constraints = [
            models.UniqueConstraint(fields=["company", "sku"], name="catalog_product_sku"),
            models.UniqueConstraint(
                fields=["company", "gtin"], condition=~models.Q(gtin=""), name="catalog_product_gtin"
            ),
            models.CheckConstraint(
                condition=models.Q(net_weight_kg=None) | models.Q(net_weight_kg__gt=0), name="catalog_product_weight"
            ),
            models.CheckConstraint(
                condition=models.Q(over_receipt_pct=None) | models.Q(over_receipt_pct__gte=0),
                name="catalog_product_tolerance",
            ),
        ]
        indexes = [models.Index("company", Lower("name"), name="catalog_product_name")]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.pk])


@tracked(of="product")
class Packaging(models.Model):
    """A packaging level of a product: how many stock units it holds, how big and how heavy it is when full."""

    class Level(models.TextChoices):
        EACH = "each", _("Each")
        INNER = "inner", _("Inner box")
        CARTON = "carton", _("Carton")
        PALLET = "pallet", _("Pallet")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="packagings", db_index=False)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    units = models.DecimalField(_("stock units inside"), max_digits=14, decimal_places=4)
    length_cm = models.DecimalField(_("length (cm)"), max_digits=10, decimal_places=2)
    width_cm = models.DecimalField(_("width (cm)"), max_digits=10, decimal_places=2)
    height_cm = models.DecimalField(_("height (cm)"), max_digits=10, decimal_places=2)
    gross_weight_kg = models.DecimalField(_("gross weight (kg)"), max_digits=12, decimal_places=3)
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)

    class Meta:
        verbose_name = _("packaging level")
        ordering = ["units"]
        constraints = [
            models.UniqueConstraint(fields=["product", "level"], name="catalog_packaging_level"),
            models.CheckConstraint(
                condition=models.Q(
                    units__gt=0, length_cm__gt=0, width_cm__gt=0, height_cm__gt=0, gross_weight_kg__gt=0
                ),
                name="catalog_packaging_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} of {self.units.normalize():f}"

    @property
    def volume_m3(self):
        """Outside volume in cubic metres, unrounded."""
        return self.length_cm * self.width_cm * self.height_cm / 1_000_000
