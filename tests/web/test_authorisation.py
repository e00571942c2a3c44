"""Every route, by every kind of user, in their own project and in a foreign one."""

import pytest

from app.domain.roles import MAY, PUBLIC, Action, Role
from app.services.projects import RESERVED
from app.web import create_app
from app.web.rules import check_rules, needs_project, rule, rule_of
from tests.web.conftest import with_parts_of

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
KINDS = ("guest", "stranger", "admin", *Role)
REACHED = 299
OUTSIDERS = ("guest", "stranger", "admin", Role.OWNER)  # to whom a project of others is tried


@pytest.fixture
def users(admin, make_user):
    kinds = {kind: make_user(f"{kind.value}-user") for kind in Role}
    return {"guest": None, "stranger": make_user("stranger"), "admin": admin, **kinds}


@pytest.fixture
def projects(make_project, users):
    roles = {role.value: users[role] for role in Role}
    return {
        "own": make_project(**roles),
        "foreign": make_project(),
        "public": make_project(visibility="public"),
    }


_WALLED = []


@pytest.fixture
def walled(settings, store, clock):
    """The application with nothing behind its rules: what they let through does nothing."""
    if not _WALLED:
        app = create_app(settings, store, clock=clock)
        for endpoint, view in app.view_functions.items():
            if endpoint != "accounts.log_in_here":  # the tests come in by it
                app.view_functions[endpoint] = rule(rule_of(view))(lambda **_: ("", REACHED))
        _WALLED.append(app)
    return with_parts_of(_WALLED[0], settings, store, clock)


def may(required, kind, where):
    """Whether a kind of user may use a route with a rule, by the table of roles alone."""
    if needs_project(required):
        if where == "own" and kind in set(Role):
            return required == "member" or required in MAY[kind]
        return where == "public" and required in PUBLIC
    if required == "anyone":
        return True
    return kind == "admin" if required == "admin" else kind != "guest"


def denial(required, kind, where):
    """The statuses with which a route refuses: a foreign project does not exist."""
    knows = where == "public" or (where == "own" and kind in set(Role))
    if needs_project(required) and not (knows and isinstance(required, Action)):
        return {404}
    return {401, 302} if kind == "guest" else {403}


def routes_of(app):
    """Address template, method and rule of every route."""
    for route in app.url_map.iter_rules():
        for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
            yield route, method, rule_of(app.view_functions[route.endpoint])


def address(app, route, project):
    values = dict.fromkeys(route.arguments, "x_00000000000000000000000000")
    for name, converter in route._converters.items():
        if type(converter).__name__ in {"IntegerConverter", "FloatConverter"}:
            values[name] = 1
    values = {name: values.get(name, "x") for name in route.arguments}
    if "slug" in values:
        values["slug"] = project["slug"]
    return app.url_map.bind("").build(route.endpoint, values, method=None)


def token_of(client):
    page = client.get("/account/tokens").text
    return page.partition('csrf-token" content="')[2].partition('"')[0]


def request(client, url, method, token, kind):
    """The answer; to somebody who has come in as a program gets it, which is sooner written."""
    data = {"csrf_token": token} if method in UNSAFE else None
    headers = {} if kind == "guest" else {"Accept": "application/json"}
    return client.open(url, method=method, data=data, headers=headers)


def is_refused(answer, expected):
    if answer.status_code == 302:
        return 302 in expected and answer.headers["Location"].startswith("/login")
    return answer.status_code in expected


def test_a_route_without_a_rule_is_refused(settings, store):
    app = create_app(settings, store)
    app.add_url_rule("/undecided", "undecided", lambda: "")
    with pytest.raises(RuntimeError, match=r"/undecided \(undecided\) declares no rule"):
        check_rules(app)


def test_a_rule_about_a_project_needs_its_slug(settings, store):
    app = create_app(settings, store)
    app.add_url_rule("/lost", "lost", rule(Action.READ)(lambda: ""))
    with pytest.raises(RuntimeError, match="no <slug>"):
        check_rules(app)


def test_every_route_declares_a_rule(app):
    undeclared = [str(route) for route, _method, required in routes_of(app) if required is None]
    assert undeclared == []


@pytest.mark.parametrize("kind", KINDS)
def test_rules_let_through_whom_the_table_names(walled, make_client, users, projects, kind):
    """Behind the rules nothing is done here, so that every method can be tried."""
    client = make_client(app=walled).http
    proof = _come_in(make_client, walled, client, users[kind])
    wrong = []
    for route, method, required in routes_of(walled):
        if route.endpoint == "accounts.log_in_here":
            continue
        for where, project in projects.items():
            if where != "own" and (kind not in OUTSIDERS or not needs_project(required)):
                continue
            url = address(walled, route, project)
            answer = request(client, url, method, proof, kind)
            if may(required, kind, where):
                right = answer.status_code == REACHED
            else:
                right = is_refused(answer, denial(required, kind, where))
            if not right:
                wrong.append(f"{method} {url} ({required!r}, {where}): {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_real_routes_refuse_whom_the_table_does_not_name(app, make_client, users, projects, kind):
    checking = make_client(users[kind])
    client, proof = checking.http, checking.csrf_token
    wrong, tried = [], 0
    for route, method, required in routes_of(app):
        for where, project in projects.items():
            if where != "own" and (kind not in OUTSIDERS or not needs_project(required)):
                continue
            if may(required, kind, where):
                continue
            url = address(app, route, project)
            answer = request(client, url, method, proof, kind)
            tried += 1
            if not is_refused(answer, denial(required, kind, where)):
                wrong.append(f"{method} {url} ({required!r}, {where}): {answer.status_code}")
    assert wrong == []
    assert tried > 5


def _come_in(make_client, walled, client, user):
    """A session in the walled application, and the proof that its forms would carry."""
    with client.session_transaction() as session:
        session["csrf_token"] = "a" * 40
    with walled.test_request_context():
        from flask import session as made
        from flask_wtf.csrf import generate_csrf

        made["csrf_token"] = "a" * 40
        proof = generate_csrf()
    if user:
        form = {"username": user["username"], "password": "correct horse battery"}
        answer = client.post("/login", data={**form, "csrf_token": proof})
        assert answer.status_code == 302
    return proof


def test_no_project_can_take_the_address_of_a_page(app):
    first = {str(route).split("/")[1] for route in app.url_map.iter_rules()}
    assert {one for one in first if one and "<" not in one} <= RESERVED
