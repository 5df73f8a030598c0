"""Read-only: facts come from load_reference, load_fx and load_places, rates by hand from services."""

from django.contrib import admin

from reference import models


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(models.Currency, models.Unit, models.Country, models.Calendar)
class CodeAdmin(ReadOnly):
    list_display = ["code", "name", "name_zh"]
    search_fields = ["code", "name", "name_zh"]


@admin.register(models.Place)
class PlaceAdmin(ReadOnly):
    list_display = ["code", "name", "kind", "country_id", "source"]
    list_filter = ["kind", "main", "source"]
    search_fields = ["code", "name", "name_zh", "unlocode"]


@admin.register(models.ExchangeRate)
class ExchangeRateAdmin(ReadOnly):
    list_display = ["date", "kind", "base_id", "quote_id", "rate", "source"]
    list_filter = ["kind", "source", "quote"]
    date_hierarchy = "date"


@admin.register(models.CalendarDay)
class CalendarDayAdmin(ReadOnly):
    list_display = ["calendar_id", "date", "kind", "name"]
    list_filter = ["calendar", "kind"]
