from quality.views.inspections import InspectionList, inspection_page, panel
from quality.views.plan import choose_order, plan
from quality.views.steps import give_reason, report
from quality.views.tables import sampling_plans

__all__ = [
    "InspectionList",
    "choose_order",
    "give_reason",
    "inspection_page",
    "panel",
    "plan",
    "report",
    "sampling_plans",
]
