"""Read-only: people and companies change through services, which check, announce and keep the history."""

from django.contrib import admin

from parties import models


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(models.Company)
class CompanyAdmin(ReadOnly):
    list_display = ["code", "name", "country_id", "base_currency_id", "time_zone"]
    search_fields = ["code", "name"]


@admin.register(models.User)
class UserAdmin(ReadOnly):
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    exclude = ["password"]


@admin.register(models.Membership)
class MembershipAdmin(ReadOnly):
    list_display = ["user", "company", "organisation", "roles", "approval_limit", "active"]
    list_filter = ["active", "company"]
    list_select_related = ["user", "company", "organisation"]
    search_fields = ["user__email", "user__name", "organisation__name"]
