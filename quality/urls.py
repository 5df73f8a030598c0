from django.urls import path, re_path

from quality import views

app_name = "quality"
urlpatterns = [
    path("inspections/", views.InspectionList.as_view(), name="inspections"),
    path("inspections/new/", views.choose_order, name="inspection_new"),
    path("inspections/new/<int:order_id>/", views.plan, name="inspection_plan"),
    path("inspections/<int:pk>/", views.inspection_page, name="inspection"),
    path("inspections/<int:pk>/report/", views.report, name="inspection_report"),
    re_path(
        r"^inspections/(?P<pk>\d{1,18})/(?P<name>abort|concede|cancel)/$", views.give_reason, name="inspection_reason"
    ),
    path("aql/", views.sampling_plans, name="sampling_plans"),
]
