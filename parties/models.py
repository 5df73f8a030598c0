"""Organisations and people: our own companies, those they deal with, and who may log in for whom."""

import secrets
from hashlib import sha256

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.audit import tracked
from core.documents import Versioned
from parties import roles
from parties.querysets import (
    ApiTokenQuerySet,
    CompanyOwnQuerySet,
    CompanyQuerySet,
    MembershipQuerySet,
    OrganisationQuerySet,
)

SPOKEN = [("en", "English"), ("zh-hans", "简体中文")]  # in which we write to people and outside parties


@tracked()
class Company(Versioned):
    """One of our own companies. Every document, fact, number series and period belongs to exactly one."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=200)
    country = models.ForeignKey(
        "reference.Country", on_delete=models.PROTECT, related_name="+", verbose_name=_("country"), db_index=False
    )
    base_currency = models.ForeignKey(
        "reference.Currency",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("base currency"),
        db_index=False,
    )
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC")
    address = models.TextField(_("address"), blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    tax_number = models.CharField(_("VAT or tax number"), max_length=40, blank=True)
    eori_number = models.CharField(_("EORI or importer number"), max_length=40, blank=True)
    over_receipt_pct = models.DecimalField(
        _("over-receipt tolerance (%)"),
        max_digits=6,
        decimal_places=3,
        default=0,
        help_text=_("How much more than ordered may be received; a product may say otherwise."),
    )
    price_tolerance_pct = models.DecimalField(
        _("price tolerance (%)"),
        max_digits=6,
        decimal_places=3,
        default=0,
        help_text=_("How far an invoice's price may lie above the order's without a dispute."),
    )
    over_billing_pct = models.DecimalField(
        _("over-billing tolerance (%)"),
        max_digits=6,
        decimal_places=3,
        default=0,
        help_text=_("How much more than ordered may be billed."),
    )

    objects = CompanyOwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(over_receipt_pct__range=(0, 100), price_tolerance_pct__range=(0, 100))
                & models.Q(over_billing_pct__range=(0, 100)),
                name="parties_company_tolerances",
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Organisation(Versioned):
    """An outside organisation a company deals with; one row whatever hats it wears (supplier, customer, forwarder, …)."""

    KINDS = {
        "is_supplier": _("supplier"),
        "is_customer": _("customer"),
        "is_forwarder": _("forwarder"),
        "is_broker": _("customs broker"),
        "is_inspector": _("inspection agency"),
        "is_carrier": _("carrier"),
        "is_bank": _("bank"),
    }

    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="+", verbose_name=_("company"), db_index=False
    )
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=200)
    name_local = models.CharField(_("name in its own language"), max_length=200, blank=True)
    country = models.ForeignKey(
        "reference.Country", on_delete=models.PROTECT, related_name="+", verbose_name=_("country"), db_index=False
    )
    city = models.CharField(_("city"), max_length=100, blank=True)
    address = models.TextField(_("address"), blank=True)
    registration_number = models.CharField(
        _("registration number"),
        max_length=40,
        blank=True,
        help_text=_("In China the unified social credit code (18 characters)."),
    )
    tax_number = models.CharField(_("VAT or tax number"), max_length=40, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=150, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    is_supplier = models.BooleanField(_("supplier"), default=False)
    is_customer = models.BooleanField(_("customer"), default=False)
    is_forwarder = models.BooleanField(_("forwarder"), default=False)
    is_broker = models.BooleanField(_("customs broker"), default=False)
    is_inspector = models.BooleanField(_("inspection agency"), default=False)
    is_carrier = models.BooleanField(_("carrier"), default=False)
    is_bank = models.BooleanField(_("bank"), default=False)
    active = models.BooleanField(_("active"), default=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="parties_organisation_code")]
        indexes = [models.Index("company", Lower("name"), name="parties_organisation_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("parties:organisation", args=[self.pk])

    @property
    def kinds(self) -> list[str]:
        """The hats it wears, in words."""
        return [str(label) for field, label in self.KINDS.items() if getattr(self, field)]


KIND_CHOICES = [(kind.removeprefix("is_"), capfirst(label)) for kind, label in Organisation.KINDS.items()]


class Anchor(models.TextChoices):
    """The event from which an instalment's days run."""

    ORDER_CONFIRMED = "order_confirmed", _("Order confirmed")
    BEFORE_SHIPMENT = "before_shipment", _("Inspection passed, before loading")
    BL_COPY = "bl_copy", _("Copy of the bill of lading")
    SHIPPED = "shipped", _("Shipped (B/L date)")
    RECEIVED = "received", _("Goods received")
    INVOICED = "invoiced", _("Invoice date")
    LC_SIGHT = "lc_sight", _("Complying documents (L/C)")
    LC_SHIPPED = "lc_shipped", _("B/L date, documents complying (L/C)")

    @classmethod
    def under_credit(cls):
        """Those that a letter of credit secures."""
        return (cls.LC_SIGHT, cls.LC_SHIPPED)


@tracked()
class PaymentTerm(Versioned):
    """When an order is paid, in instalments anchored on events: "T/T 30/70 before shipment", "open account 60"."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    discount_percent = models.DecimalField(
        _("discount (%)"), max_digits=7, decimal_places=4, default=0, help_text=_("For paying an invoice early")
    )
    discount_days = models.PositiveSmallIntegerField(
        _("discount days"), default=0, help_text=_("Until how many days after the invoice date the discount is taken")
    )
    active = models.BooleanField(_("active"), default=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment term")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="parties_term_code"),
            models.CheckConstraint(
                condition=models.Q(discount_percent__gte=0, discount_percent__lte=50), name="parties_term_discount"
            ),
        ]
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("parties:payment_term_edit", args=[self.pk])

    @property
    def discount(self) -> str:
        """ "2 % within 10 days"; empty where there is none."""
        if not self.discount_percent:
            return ""
        said = {"percent": f"{self.discount_percent.normalize():f} %", "days": self.discount_days}
        return (
            ngettext("%(percent)s within %(days)s day", "%(percent)s within %(days)s days", self.discount_days) % said
        )


@tracked()
class Instalment(models.Model):
    """A share of the amount, due ``days`` after its anchor (to the end of that month where ``end_of_month``)."""

    term = models.ForeignKey(PaymentTerm, on_delete=models.CASCADE, related_name="instalments", db_index=False)
    position = models.PositiveSmallIntegerField(default=1)
    percent = models.DecimalField(_("share (%)"), max_digits=7, decimal_places=4)
    anchor = models.CharField(_("counted from"), max_length=20, choices=Anchor)
    days = models.PositiveSmallIntegerField(_("days"), default=0)
    end_of_month = models.BooleanField(_("to the end of the month"), default=False)

    class Meta:
        verbose_name = _("instalment")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["term", "anchor", "days", "end_of_month"], name="parties_instalment_once"),
            models.CheckConstraint(
                condition=models.Q(percent__gt=0, percent__lte=100), name="parties_instalment_percent"
            ),
        ]

    def __str__(self) -> str:
        """ "30 % Shipped (B/L date) + 60 days, to the end of the month" """
        said = f"{self.percent.normalize():f} % {self.get_anchor_display()}"
        if self.days:
            said += ngettext(" + %(days)s day", " + %(days)s days", self.days) % {"days": self.days}
        return said + (", " + _now("to the end of the month") if self.end_of_month else "")


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """A person who logs in. What he may do follows from the membership under which he acts."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the read-only admin"), default=False)
    is_superuser = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def has_perm(self, perm: str, obj=None) -> bool:
        """For the admin only; the application asks the actor."""
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superuser


@tracked(exclude=["last_used_at"])
class Membership(models.Model):
    """A person's place: in one of our companies (``organisation`` empty) or in an outside organisation, with roles."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    roles = ArrayField(models.CharField(max_length=30, choices=list(roles.ROLES.items())), verbose_name=_("roles"))
    approval_limit = models.DecimalField(_("approval limit"), max_digits=18, decimal_places=4, default=0)
    active = models.BooleanField(_("active"), default=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("since"), db_default=Now())

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "company", "organisation"], nulls_distinct=False, name="parties_membership_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.organisation or self.company}"

    def get_absolute_url(self) -> str:
        return reverse("parties:member_edit", args=[self.pk])


class DocumentParty(models.Model):
    """An outside organisation takes part in a document: the reason why its people may see it."""

    kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "document_id", "organisation", "role"], name="parties_documentparty_once"
            )
        ]
        indexes = [models.Index(fields=["organisation", "kind", "document_id"], name="parties_documentparty_of")]


@tracked(exclude=["last_used_at", "digest"])
class ApiToken(models.Model):
    """A key for the REST API: shown once, kept as its SHA-256, limited to scopes, addresses and a day."""

    PREFIX = "iscm_"

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The first characters, to recognise it by")
    scopes = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="Permissions; empty means all of the member's",
    )
    networks = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, help_text="Allowed addresses; empty: any"
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(_("expires"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    created_by = models.CharField(_("created by"), max_length=200, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def new_secret(cls) -> tuple[str, str]:
        """A fresh secret and its digest."""
        secret = cls.PREFIX + secrets.token_urlsafe(32)
        return secret, cls.digest_of(secret)

    @staticmethod
    def digest_of(secret: str) -> str:
        return sha256(secret.encode()).hexdigest()
