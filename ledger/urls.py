from django.urls import path

from ledger import views

app_name = "ledger"
urlpatterns = [
    path("entries/", views.PostingList.as_view(), name="entries"),
    path("entries/<int:pk>/", views.entry, name="entry"),
    path("periods/", views.periods, name="periods"),
    path("periods/new/", views.year_new, name="year_new"),
    path("periods/<int:pk>/close/", views.close, name="period_close"),
    path("periods/<int:pk>/reopen/", views.reopen, name="period_reopen"),
]
