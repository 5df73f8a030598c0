"""Read-only: orders change on their pages, through services."""

from django.contrib import admin

from reference.admin import ReadOnly
from sourcing import models


class LineInline(admin.TabularInline):
    model = models.PurchaseOrderLine
    fields = ("position", "sku", "quantity", "unit_price", "amount", "promised_date", "answer", "received_quantity")
    readonly_fields = fields
    can_delete = False
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(models.PurchaseOrder)
class PurchaseOrderAdmin(ReadOnly):
    list_display = ["number", "supplier", "status", "order_date", "currency_id", "total"]
    list_filter = ["company", "status", "mode"]
    search_fields = ["number", "supplier__name", "supplier__name_local"]
    inlines = [LineInline]
