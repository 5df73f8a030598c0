import pytest
from tests.proofs.test_api_fuzz import *
@pytest.mark.parametrize("found", ["ServerError", "AcceptedNegativeData"])
def test_x(sender, found, monkeypatch):
    monkeypatch.setattr(ProductGroupViewSet, "create_as_ever", ProductGroupViewSet.create, raising=False)
    for name, broken in CONTROLS[found].items():
        monkeypatch.setattr(ProductGroupViewSet, name, broken)
    op=[o for o in operations()["catalog"] if o.path.endswith("/product-groups/") and o.method.upper()=="POST"][0]
    old=sender.send
    def send(case, role, checks, **how):
        b=dict(sender.statuses)
        old(case, role, checks, **how)
        new={k:v for k,v in sender.statuses.items() if b.get(k)!=v}
        print(case.meta.generation.mode, role, checks[-1], str(case.body)[:100], how.get("data",b"")[:100], dict(case.headers), new, sender.broke)
    sender.send=send
    sender.run(op, 40)
    print(sender.faults.keys())
