"""Who belongs to a project: roles, the last owner, groups, invitations."""

import threading

import pytest

from app.domain.errors import DomainError, Invalid
from app.domain.roles import SYSTEM, Role
from app.services import members as service
from app.services.accounts import actor_of
from app.services.desk import open_desk
from app.services.projects import create_project
from app.store import members
from tests.web.client import PASSWORD, flashes


@pytest.fixture
def owner(make_user, admin):
    return make_user("olga", name="Olga Owner")


@pytest.fixture
def manager(make_user):
    return make_user("mona", name="Mona Manager")


@pytest.fixture
def editor(make_user):
    return make_user("edda", name="Edda Editor")


@pytest.fixture
def project(make_project, owner, manager, editor):
    return make_project(
        "Kiswahili", groups=["Elders", "Women"], owner=owner, manager=manager, editor=editor
    )


def path(project, *parts):
    return "/".join(("", project["slug"], "members", *parts))


def role_of(store, project, user):
    member = store.members.find_one({"project": project["_id"], "user": user["_id"]})
    return member and member["role"]


def test_every_member_sees_the_members_and_only_managers_manage(
    make_client, project, owner, manager, editor
):
    for user, manages in ((owner, True), (manager, True), (editor, False)):
        page = make_client(user).get_page(path(project))
        assert "Mona Manager" in page.text_content()
        assert bool(page.xpath("//*[@id='invite']")) is manages


def test_a_manager_gives_roles_below_their_own_only(
    make_client, project, store, owner, manager, editor
):
    client = make_client(manager)
    client.submit(path(project, editor["_id"], "role"), {"role": "commenter"})
    assert role_of(store, project, editor) == "commenter"
    for role in ("manager", "owner"):
        url = path(project, editor["_id"], "role")
        assert client.post(url, {"role": role}).status_code == 403
    assert client.post(path(project, owner["_id"], "role"), {"role": "viewer"}).status_code == 403
    assert client.post(path(project, owner["_id"], "remove")).status_code == 403
    assert role_of(store, project, editor) == "commenter"
    assert role_of(store, project, owner) == "owner"


def test_a_manager_cannot_invite_a_manager(make_client, project, manager, store):
    answer = make_client(manager).post(path(project, "invitations"), {"role": "manager"})
    assert answer.status_code == 403
    assert store.invitations.count_documents({}) == 0


def test_a_role_that_does_not_exist_is_refused(make_client, project, owner, editor):
    client = make_client(owner)
    assert client.post(path(project, editor["_id"], "role"), {"role": "king"}).status_code == 400


def test_the_last_owner_can_neither_leave_nor_step_down(make_client, project, store, owner):
    client = make_client(owner)
    assert client.post(path(project, "leave")).status_code == 422
    assert client.post(path(project, owner["_id"], "role"), {"role": "viewer"}).status_code == 422
    assert role_of(store, project, owner) == "owner"


def leave(store, user, project, now, refused):
    desk = open_desk(store, actor_of(user), project["slug"])
    try:
        service.remove(desk, user["_id"], now)
    except DomainError as error:
        refused.append(error)


def test_two_owners_who_leave_at_once_leave_one(make_project, make_user, store, clock):
    first, second = make_user(), make_user()
    for _ in range(5):
        project, refused = make_project(owner=first), []
        members.put(store, project["_id"], second["_id"], Role.OWNER, by=SYSTEM, at=clock())
        threads = [
            threading.Thread(target=leave, args=(store, user, project, clock(), refused))
            for user in (first, second)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.members.count_documents({"project": project["_id"], "role": "owner"}) == 1
        assert [type(error) for error in refused] == [Invalid]


def test_leaving(make_client, project, store, editor):
    client = make_client(editor)
    page = client.submit(path(project, "leave"))
    assert flashes(page) == ["You have left the project."]
    assert role_of(store, project, editor) is None
    assert client.http.get(path(project)).status_code == 404


def test_passing_ownership_on(make_client, project, store, owner, editor):
    make_client(owner).submit(path(project, editor["_id"], "own"))
    assert role_of(store, project, editor) == "owner"
    assert role_of(store, project, owner) == "manager"


def test_groups_are_the_projects_own(make_client, project, store, manager, editor):
    client = make_client(manager)
    url = path(project, editor["_id"], "groups")
    page = client.submit(url, {"groups": ["Elders"]})
    assert "Elders" in page.xpath("string(//main//tbody)")
    assert client.post(url, {"groups": ["Strangers"]}).status_code == 422
    member = store.members.find_one({"user": editor["_id"]})
    assert member["groups"] == ["Elders"]
    client.submit(url)
    assert store.members.find_one({"user": editor["_id"]})["groups"] == []


def test_every_change_is_audited(make_client, project, store, owner, editor):
    client = make_client(owner)
    client.submit(path(project, editor["_id"], "role"), {"role": "manager"})
    client.submit(path(project, editor["_id"], "groups"), {"groups": ["Women"]})
    client.submit(path(project, editor["_id"], "remove"))
    about = {"project": project["_id"], "actor": owner["_id"]}
    found = [(row["what"], row["details"]) for row in store.audit.find(about).sort("_id")]
    assert found == [
        ("member.role", {"role": "manager", "before": "editor"}),
        ("member.groups", {"groups": ["Women"], "before": []}),
        ("member.remove", {"before": "manager"}),
    ]


# Invitations


def invite(client, project, role="contributor", **more):
    page = client.post_page(path(project, "invitations"), {"role": role, **more})
    link = page.xpath("string(//input[@id='new-invitation']/@value)")
    assert link.startswith("http://127.0.0.1:8000/invite/")
    return link.removeprefix("http://127.0.0.1:8000")


def test_somebody_new_joins_by_a_link(make_client, project, manager, store, client):
    link = invite(make_client(manager), project, note="Juma")
    page = client.get_page(link)
    register = page.xpath("string(//a[contains(@href, '/register')]/@href)")
    form = client.get_page(register).forms[0]
    answer = client.post(
        "/register", {**dict(form.fields), "username": "juma", "password": PASSWORD}
    )
    assert answer.headers["Location"] == link
    client.get_page(link)
    answer = client.post(link)
    assert answer.status_code == 302 and project["slug"] in answer.headers["Location"]
    user = store.accounts.find_one({"username": "juma"})
    assert role_of(store, project, user) == "contributor"


def test_a_link_to_a_project_opens_a_closed_server(make_client, make_app, project, manager):
    app = make_app(open_registration=False)
    link = invite(make_client(manager), project)
    client = make_client(app=app)
    form = {"username": "juma", "password": PASSWORD, "invitation": link.rpartition("/")[2]}
    assert client.post("/register", {**form, "invitation": "made-up"}).status_code == 302
    assert client.http.get("/account").status_code == 302
    assert client.post("/register", form).status_code == 302
    assert client.http.get("/account").status_code == 200


def test_a_link_works_once(make_client, project, manager, make_user):
    link = invite(make_client(manager), project)
    make_client(make_user()).post(link)
    late = make_client(make_user())
    late.get_page(link, status=404)
    assert late.post(link).status_code == 404


def test_a_link_ends_by_time_or_by_hand(make_client, project, manager, client, clock, store):
    managing = make_client(manager)
    first, second = invite(managing, project), invite(managing, project, days="30")
    clock.pass_(days=7, seconds=1)
    client.get_page(first, status=404)
    client.get_page(second)
    waiting = store.invitations.find_one({"expires": {"$gt": clock()}})["_id"]
    managing.submit(path(project, "invitations", waiting, "revoke"))
    client.get_page(second, status=404)


def test_a_link_is_kept_hashed(make_client, project, manager, store):
    secret = invite(make_client(manager), project).rpartition("/")[2]
    assert secret not in str(list(store.invitations.find({})))


def test_accepting_never_lowers_a_role(make_client, project, manager, owner, editor, store):
    for user in (owner, editor):
        make_client(user).post(invite(make_client(manager), project, "viewer"))
        assert role_of(store, project, user) in {Role.OWNER, Role.EDITOR}


def test_an_invitation_of_another_project_cannot_be_revoked(
    make_client, make_project, project, manager, owner, store
):
    invite(make_client(manager), project)
    elsewhere = make_project(owner=manager)
    invitation = store.invitations.find_one({})["_id"]
    answer = make_client(manager).post(path(elsewhere, "invitations", invitation, "revoke"))
    assert answer.status_code == 404
    assert store.invitations.count_documents({}) == 1


def test_an_invitation_has_a_reasonable_end(make_client, project, manager):
    client = make_client(manager)
    for days in ("-1", "91"):
        form = {"role": "viewer", "days": days}
        client.post_page(path(project, "invitations"), form, status=422)


def test_a_group_that_goes_leaves_its_members(make_client, make_user, admin, store, clock):
    actor = actor_of(admin)
    create_project(store, actor, slug="kisw", title="Kiswahili", language="swh")
    client = make_client(admin)
    client.submit("/kisw/members/groups", {"groups": "Elders\n\n  Women \nElders"})
    assert store.projects.find_one({"slug": "kisw"})["groups"] == ["Elders", "Women"]
    client.submit(f"/kisw/members/{admin['_id']}/groups", {"groups": ["Elders", "Women"]})
    client.submit("/kisw/members/groups", {"groups": "Women"})
    assert store.members.find_one({})["groups"] == ["Women"]
    client.post_page("/kisw/members/groups", {"groups": "a\u202eb"}, status=422)
