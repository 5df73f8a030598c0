from django.db import models

from core.actor import Actor


class DocumentQuerySet(models.QuerySet):
    """Base of every document's queryset: ``visible_to`` is the only way to fetch one.

    Staff see their company's documents; an outside party sees those on which it is named (``DocumentParty``), never
    in ``hidden_states``. No ``distinct()`` anywhere in it: PostgreSQL does not lock such rows.
    """

    hidden_states: tuple[str, ...] = ()

    def visible_to(self, actor: Actor):
        if actor.is_staff:
            return self.filter(company_id=actor.company_id)
        from parties.models import DocumentParty

        mine = DocumentParty.objects.filter(kind=self.model._meta.label_lower, organisation_id=actor.party_id)
        documents = self.filter(pk__in=mine.values("document_id"))
        return documents.exclude(status__in=self.hidden_states) if self.hidden_states else documents


class CompanyQuerySet(models.QuerySet):
    """For masters: staff see their company's rows; an outside party none (documents carry what it needs)."""

    def visible_to(self, actor: Actor):
        return self.filter(company_id=actor.company_id) if actor.is_staff else self.none()


class OrganisationQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor):
        """Staff: the organisations their company deals with. An outside party: itself."""
        return self.filter(company_id=actor.company_id) if actor.is_staff else self.filter(pk=actor.party_id)

    def suppliers(self):
        return self.filter(is_supplier=True)

    def customers(self):
        return self.filter(is_customer=True)

    def active(self):
        return self.filter(active=True)

    def search(self, text: str):
        """Every word stands in the code, a name, the city, the e-mail or a number."""
        found = self
        for word in text.split()[:5]:
            found = found.filter(
                models.Q(code__icontains=word)
                | models.Q(name__icontains=word)
                | models.Q(name_local__icontains=word)
                | models.Q(city__icontains=word)
                | models.Q(email__icontains=word)
                | models.Q(registration_number__istartswith=word)
            )
        return found


class CompanyOwnQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor):
        """The company the actor works for; none for an outside party."""
        return self.filter(pk=actor.company_id) if actor.is_staff else self.none()


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor):
        """Staff: everyone of their company and of the parties it deals with. An outside party: its own people."""
        if actor.is_staff:
            return self.filter(company_id=actor.company_id)
        return self.filter(organisation_id=actor.party_id)


class ApiTokenQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor):
        """Staff: the tokens of their company's people. An outside party: none."""
        return self.filter(membership__company_id=actor.company_id) if actor.is_staff else self.none()
