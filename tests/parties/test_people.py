"""People and tokens: invited by mail, given rights by somebody else, put out at once; commands."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from core.models import OutgoingMail
from parties.models import ApiToken, Company, Membership, User
from tests.factories import make_world
from tests.masters import Api, person, pointers

pytestmark = pytest.mark.django_db
NEW = {"email": "Lin@HP.example", "name": "Lin Wei", "roles": ["buyer"], "approval_limit": "5000"}


def test_an_invited_person_chooses_a_password_and_works_with_his_roles(world):
    made = Api(world, "admin")("POST", "/parties/members/", NEW)
    assert made.status_code == 201, made.content
    assert (made.json()["email"], made.json()["approval_limit"]) == ("lin@hp.example", "5000.0000")
    mail = OutgoingMail.objects.get(to="lin@hp.example")
    link = re.search(r"https?://[^/]+(/accounts/\S+)", mail.text)[1]
    browser = Client()
    form = browser.get(link, follow=True)
    assert form.status_code == 200 and b"password1" in form.content
    chosen = {"password1": "correct-horse-77", "password2": "correct-horse-77"}
    assert browser.post(form.redirect_chain[-1][0], chosen).status_code == 302
    again = Client().get(link, follow=True).content
    assert b"password1" not in again, "the link works once"
    assert (
        browser.post("/accounts/login/", {"login": "lin@hp.example", "password": "correct-horse-77"}).status_code == 302
    )
    assert browser.get("/catalog/products/").status_code == 200
    assert browser.get("/parties/people/").status_code == 403


def test_a_factorys_people_are_invited_in_its_language_to_its_own_documents(world):
    client = person(world, "admin")
    page = client.get(f"/parties/people/invite/?organisation={world.supplier.pk}").content.decode()
    assert "sales-hp@haisong.example" in page
    sent = {"organisation": world.supplier.pk, "email": "wang@haisong.example", "name": "Wang", "language": "zh-hans"}
    assert client.post("/parties/people/invite/", {**sent, "roles": ["supplier"]}).status_code == 303
    member = Membership.objects.filter(user__email="wang@haisong.example").first()
    assert (member.organisation_id, member.roles, member.approval_limit) == (world.supplier.pk, ["supplier"], 0)
    refused = client.post("/parties/people/invite/", {**sent, "email": "x@y.example", "roles": ["forwarder"]})
    assert refused.status_code == 422 and "is not a forwarder" in refused.content.decode()


def test_roles_fit_the_place_and_nobody_raises_himself(world):
    admin = Api(world, "admin")
    for change, pointer in (
        ({"roles": ["supplier"]}, "/roles"),
        ({"roles": []}, "/roles"),
        ({"approval_limit": "-1"}, "/approval_limit"),
        ({"email": "buyer@hp.example"}, "/email"),
        ({"name": ""}, "/name"),
        ({"organisation": world.supplier.pk}, "/roles"),
        ({"organisation": world.supplier.pk, "roles": ["supplier"]}, "/approval_limit"),
    ):
        refused = admin("POST", "/parties/members/", {**NEW, **change})
        assert (refused.status_code, pointers(refused)) == (422, [pointer]), (change, refused.content)
    own = f"/parties/members/{world.memberships['admin'].pk}/"
    body = {"roles": ["admin", "approver"], "approval_limit": "1000000"}
    assert admin("PUT", own, body).status_code == 403
    assert admin("POST", f"{own}deactivate/").status_code == 403
    theirs = f"/parties/members/{world.memberships['junior'].pk}/"
    assert admin("PUT", theirs, {"roles": ["buyer", "quality"], "approval_limit": "9"}).json()["roles"] == [
        "buyer",
        "quality",
    ]
    assert Api(world, "buyer")("PUT", theirs, body).status_code == 403


def test_an_outside_administrator_manages_his_own_people_with_rights_he_has(world):
    Membership.objects.filter(pk=world.memberships["supplier"].pk).update(roles=["supplier", "party_admin"])
    boss = Api(world, "supplier")
    made = boss("POST", "/parties/members/", {"email": "a@haisong.example", "name": "A", "roles": ["supplier"]})
    assert made.status_code == 201 and made.json()["organisation"] == world.supplier.pk, made.content
    assert boss("GET", "/parties/members/").json()["count"] == 2
    assert boss("GET", f"/parties/members/{world.memberships['supplier2'].pk}/").status_code == 404
    assert boss("POST", f"/parties/members/{world.memberships['buyer'].pk}/deactivate/").status_code == 404
    staff = {"email": "b@haisong.example", "name": "B", "roles": ["admin"]}
    assert boss("POST", "/parties/members/", staff).status_code == 422
    elsewhere = {"email": "c@sg.example", "name": "C", "roles": ["supplier"], "organisation": world.supplier2.pk}
    assert boss("POST", "/parties/members/", elsewhere).json()["organisation"] == world.supplier.pk


def test_a_deactivated_persons_next_request_is_refused_by_page_and_token(world):
    browser, token = person(world, "junior"), Api(world, "junior")
    assert browser.get("/catalog/products/").status_code == 200
    assert token("GET", "/catalog/products/").status_code == 200
    member = world.memberships["junior"]
    assert person(world, "admin").post(f"/parties/people/{member.pk}/deactivate/").status_code == 303
    answer = browser.get("/catalog/products/")
    assert answer.status_code == 302 and answer.url.startswith("/accounts/login/")
    assert browser.get("/api/v1/catalog/products/").status_code == 401
    assert token("GET", "/catalog/products/").status_code == 401
    assert not User.objects.filter(pk=member.user_id, is_active=True).exists()
    assert person(world, "admin").post(f"/parties/people/{member.pk}/reactivate/").status_code == 303
    assert person(world, "junior").get("/catalog/products/").status_code == 200
    assert token("GET", "/catalog/products/").status_code == 401, "revoked tokens stay revoked"


def test_somebody_who_loses_one_of_two_places_goes_on_in_the_other(world):
    other = make_world("ZZ")
    Membership.objects.create(user=world.users["junior"], company=other.company, roles=["buyer"])
    browser = person(world, "junior")
    assert browser.get(f"/catalog/products/{world.mug.pk}/").status_code == 200
    Api(world, "admin")("POST", f"/parties/members/{world.memberships['junior'].pk}/deactivate/")
    assert browser.get(f"/catalog/products/{world.mug.pk}/").status_code == 404
    assert browser.get(f"/catalog/products/{other.mug.pk}/").status_code == 200


def test_a_login_without_any_place_is_led_to_the_login_page_and_not_in_circles(world):
    browser = person(world, "junior")
    Membership.objects.filter(pk=world.memberships["junior"].pk).update(active=False)
    answer = browser.get("/catalog/products/", follow=True)
    assert answer.status_code == 200 and len(answer.redirect_chain) == 1


def test_people_of_other_companies_are_not_there(world):
    other = make_world("ZZ")
    api, client = Api(world, "admin"), person(world, "admin")
    theirs = other.memberships["buyer"].pk
    other.token("buyer")
    token = ApiToken.objects.filter(membership=theirs).first().pk
    answers = [
        api("GET", f"/parties/members/{theirs}/"),
        api("PUT", f"/parties/members/{theirs}/", {"roles": ["admin"]}),
        api("POST", f"/parties/members/{theirs}/deactivate/"),
        api("POST", f"/parties/members/{theirs}/invite-again/"),
        api("GET", f"/parties/tokens/{token}/"),
        api("POST", f"/parties/tokens/{token}/revoke/"),
        client.get(f"/parties/people/{theirs}/"),
        client.get(f"/parties/tokens/new/?member={theirs}"),
        client.post("/parties/tokens/new/", {"member": theirs, "name": "x", "days": "1"}),
        client.get(f"/parties/people/invite/?organisation={other.supplier.pk}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert api("GET", "/parties/members/").json()["count"] == len(world.memberships)


def test_lists_of_people_and_tokens_do_not_grow_their_queries(world, django_assert_max_num_queries):
    client = person(world, "admin")
    for address in ("/parties/people/", "/parties/tokens/", "/parties/organisations/", "/parties/payment-terms/"):
        client.get(address)
        with django_assert_max_num_queries(30) as few:
            client.get(address)
        for role in ("buyer", "approver", "quality"):
            world.token(role)
            Membership.objects.create(
                user=User.objects.create(email=f"{role}{address.strip('/')[-4:]}@x.example", name=role),
                company=world.company, organisation=world.supplier, roles=["supplier"],
            )  # fmt: skip
        with django_assert_max_num_queries(30) as many:
            client.get(address)
        assert len(many.captured_queries) <= len(few.captured_queries), address


# ---- tokens


def make_token(world, **changes):
    sent = {"member": world.memberships["buyer"].pk, "name": "Web shop", "days": "30", **changes}
    return person(world, "admin").post("/parties/tokens/new/", sent)


def call(secret: str, address: str = "/api/v1/catalog/products/", **headers):
    return Client().get(address, headers={"Authorization": f"Bearer {secret}"}, **headers)


def test_a_token_is_shown_once_works_within_its_bounds_and_stops_when_revoked(world):
    page = make_token(world, scopes=["catalog.view_product"], networks="127.0.0.0/8").content.decode()
    secret = re.search(r"iscm_[\w-]+", page)[0]
    token = ApiToken.objects.filter(name="Web shop").first()
    assert secret not in person(world, "admin").get("/parties/tokens/").content.decode()
    assert token.digest == ApiToken.digest_of(secret) and secret not in repr(vars(token))
    assert call(secret).status_code == 200
    assert call(secret, "/api/v1/suppliers/suppliers/").status_code == 403, "outside its scope"
    assert call(secret, REMOTE_ADDR="203.0.113.9").status_code == 401, "outside its network"
    assert OutgoingMail.objects.filter(to="buyer@hp.example", subject__contains="API token").exists()
    assert person(world, "admin").post(f"/parties/tokens/{token.pk}/revoke/").status_code == 303
    assert call(secret).status_code == 401
    assert Api(world, "admin")("POST", f"/parties/tokens/{token.pk}/revoke/").status_code == 409


def test_a_token_ends_on_its_day(world):
    secret = re.search(r"iscm_[\w-]+", make_token(world, days="1").content.decode())[0]
    assert call(secret).status_code == 200
    ApiToken.objects.filter(name="Web shop").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert call(secret).status_code == 401


def test_a_token_takes_no_right_its_member_lacks(world):
    assert (
        "is not one of the available choices" in make_token(world, scopes=["parties.manage_members"]).content.decode()
    )
    refused = make_token(world, networks="nowhere")
    assert refused.status_code == 422 and "not an address or network" in refused.content.decode()
    assert person(world, "buyer").get("/parties/tokens/").status_code == 403
    assert "scopes" not in Api(world, "admin")("POST", "/parties/tokens/", {}).json(), "tokens make no tokens"


# ---- commands


def run(name: str, *args, **options) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue().strip()


def test_createtoken_prints_a_secret_that_works(world):
    secret = run("createtoken", "BUYER@hp.example", "--name", "shop", "--scope", "catalog.view_product", "--days", "7")
    assert call(secret).status_code == 200 and call(secret, "/api/v1/suppliers/suppliers/").status_code == 403
    for arguments in (["nobody@hp.example"], ["buyer@hp.example", "--scope", "catalog.fly_product"]):
        with pytest.raises(CommandError):
            run("createtoken", *arguments, "--name", "x")


def test_a_company_and_its_first_administrator_from_nothing(db, monkeypatch):
    run("createcompany", "NEW", "New Trading", "--country", "de", "--currency", "EUR", "--time-zone", "Europe/Berlin")
    with pytest.raises(CommandError, match="already a company"):
        run("createcompany", "new", "Again", "--country", "DE", "--currency", "EUR")
    said = run(
        "createuser", "boss@new.example", "--name", "Boss", "--company", "NEW", "--role", "admin", "--limit", "1000"
    )
    link = re.search(r"(/accounts/\S+)", said)[1]
    assert b"password1" in Client().get(link, follow=True).content
    monkeypatch.setattr("sys.stdin", io.StringIO("another-long-secret\n"))
    said = run(
        "createuser", "aide@new.example", "--name", "Aide", "--company", "NEW", "--role", "buyer", "--password-stdin"
    )
    assert "can log in" in said and User.objects.get(email="aide@new.example").check_password("another-long-secret")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError):
        run("createuser", "bad@new.example", "--name", "Bad", "--company", "NEW", "--role", "buyer", "--password-stdin")
    assert not User.objects.filter(email="bad@new.example").exists()
    assert Company.objects.get(code="NEW").base_currency_id == "EUR"
