"""Fields of senses: what is learnt from the lexicon, and what empty fields of an entry may be."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid, NotFound, Unavailable
from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH, SEMANTIC_DOMAINS
from app.domain.roles import Role
from app.ml import running
from app.services import entry_suggestions, jobs, model_data, model_silence, model_training, models
from app.services.clock import utc_now
from app.services.erase import erase
from app.services.guesses import Suggestion
from app.services.model_wishes import Wish
from app.store import accounts, changes
from app.store import jobs as job_records
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_entry, make_store, save_entry


@pytest.fixture
def desk(database):
    made = make_desk(make_store(database))
    account = {"_id": made.actor.id, "username": "ann", "key": "ann", "name": "Ann", "email": ""}
    accounts.insert(made.store, {**account, "admin": False, "disabled": False})
    model_silence.forget()
    return made


@pytest.fixture
def memory(monkeypatch):
    """What texts say of a form; nothing unless a test puts something there."""
    found: list[Suggestion] = []
    monkeypatch.setattr(entry_suggestions.guesses, "analyses_of", lambda *_args: found)
    return found


def add_domain(desk, code="6.5 House"):
    item = {"id": new_id("i"), "list": SEMANTIC_DOMAINS, "code": code, "name": {"en": code}}
    commit(desk, [Op("item", item["id"], "create", item)])
    return item["id"]


def commit(desk, ops, kind="edit"):
    changes.commit(desk.store, desk.project_id, desk.actor, kind, ops, change_id=new_id("x"))


def add_entries(desk, count, **fields):
    """Entries of nouns and verbs; returns their contents."""
    noun, verb = (item_id(desk, PARTS_OF_SPEECH, one) for one in ("Noun", "Verb"))
    made = [
        make_entry(f"f{n}", f"thing {n}" if n % 3 else f"to do {n}",
                   sense={"pos": noun if n % 3 else verb}, **fields)
        for n in range(count)
    ]  # fmt: skip
    commit(desk, [Op("entry", one["id"], "create", one) for one in made])
    return made


def add_model(desk):
    made = {"id": new_id("a"), "name": "S", "task": "suggest", "engine": "neighbours"}
    made |= {"series": made["id"], "learnt_from": {"seq": 1, "gloss_ws": "en"}, "is_default": True}
    commit(desk, [Op("model", made["id"], "create", {**made, "access": {"level": "members"}})])


class Told:
    """A service that says something for each field that is asked about."""

    def __init__(self, *alternatives, silent=False, **by_field):
        self.by_field, self.silent, self.asked = by_field, silent, []

    def guess(self, _model, lines, _lexicon=(), *, seconds=0.0):
        self.asked += lines
        if self.silent:
            raise Unavailable("nobody is there")
        return [
            {"line": [
                {"morphs": [{"form": "", "gloss": label, "joint": ""}], "probability": share,
                 "source": source}
                for label, share, source in self.by_field.get(one.labels["asked"], ())
            ]}
            for one in lines
        ]  # fmt: skip


def test_each_field_of_a_sense_is_asked_with_the_others_known(desk):
    domain = add_domain(desk)
    entry = save_entry(desk, "nyumba", "house", sense={
        "pos": item_id(desk, PARTS_OF_SPEECH, "Noun"), "domains": [domain]
    })  # fmt: skip
    save_entry(desk, "tupu", "")
    found = model_data.gather(desk, "sense")
    asked = {one.labels["asked"]: one for one in found.lines.values()}
    assert {key: one.labels["field"] for key, one in asked.items()} == {
        "gloss": "house", "pos": "Noun", "domain": "6.5 House"
    }  # fmt: skip
    assert asked["gloss"].translations == {} and asked["gloss"].labels["pos"] == "Noun"
    assert asked["pos"].translations == {"en": "house"} and "pos" not in asked["pos"].labels
    assert found.records(list(found.lines)[:1])[1:] == [entry["id"], entry["senses"][0]["id"]]
    assert found.left_out["nothing"] == 1 and found.gloss_ws == "en"


def test_all_fields_of_an_entry_are_kept_together_and_members_only_stays_so(desk):
    add_entries(desk, 40, access={"level": "groups", "groups": ["elders"]})
    found = model_data.gather(desk, "sense")
    split = model_data.parted(desk, found)
    train, test = ({found.lines[one].text for one in part} for part in (split.train, split.test))
    assert not train & test and len(train | test) == 40 and len(test) >= 5
    assert found.access == {"level": "groups", "groups": ["elders"]}


def test_it_is_trained_measured_field_by_field_and_marked_after_an_erasure(
    desk, tmp_path, monkeypatch
):
    for part in (running, model_training):
        monkeypatch.setattr(part, "module_of", lambda _engine: "app.ml.lookup")
    with pytest.raises(Invalid, match="30 more glosses, parts of speech or domains"):
        model_training.ask(desk, Wish("suggest"), lambda job: None)
    entries = add_entries(desk, 60)
    job = model_training.ask(desk, Wish("suggest"), lambda job: None)
    jobs.run(desk.store, job, tmp_path)
    done = job_records.get(desk.store, job)
    assert done["state"] == "done", done.get("error")
    model = models.get(desk, done["result"]["model"])
    assert [one["name"] for one in model["measures"]] == [
        "value", "five", "value-gloss", "value-pos", "calibration_error"
    ]  # fmt: skip
    told = models.report(desk, model)
    assert len(told["sentences"]) == model["learnt_from"]["test"] and told["curve"]["points"]
    assert "texts" not in model["learnt_from"]
    assert "Parts of speech" in models.card(desk, model)
    erase(desk, "entry", entries[0]["id"], reason="asked", change_id=new_id("x"), now=utc_now())
    assert "erased" in models.withdrawn(desk, model).why[0]


def test_empty_fields_get_what_the_model_says_with_why(desk, memory):
    add_model(desk)
    domain = add_domain(desk)
    entry = save_entry(desk, "nyumbani", "")
    told = Told(
        gloss=[("at home", 0.4, "nyumba"), ("rare", 0.001, "")],
        pos=[("Noun", 0.7, "nyumba, chumba"), ("Nobody", 0.2, "x"), ("Verb", 0.1, "")],
        domain=[("6.5 House", 0.6, "nyumba")],
    )
    gloss, pos, domains = entry_suggestions.suggest(desk, told, entry["id"])
    sense = entry["senses"][0]["id"]
    assert gloss.path == ("senses", sense, "gloss", "en")
    assert [one.value for one in gloss.offers] == ["at home"]
    assert [one.shown for one in pos.offers] == ["Noun", "Verb"]
    assert pos.offers[0].value == item_id(desk, PARTS_OF_SPEECH, "Noun")
    assert pos.offers[0].reason == "like nyumba, chumba; the model, 70 % sure"
    assert pos.offers[1].reason.startswith("common in this lexicon")
    assert (domains.kind, domains.offers[0].value) == ("items", domain)
    assert told.asked[0].words[0].form == "nyumbani"


def test_what_texts_say_comes_first_and_works_without_a_model(desk, memory):
    entry = save_entry(desk, "mbwa", "")
    noun = item_id(desk, PARTS_OF_SPEECH, "Noun")
    morph = {"gloss": {"en": "dog"}, "pos": noun}
    memory += [
        Suggestion({"morphs": [morph]}, "memory", 0.9, 3, "confirmed 3 times"),
        Suggestion({"morphs": [morph, morph]}, "memory", 0.1, 1, "two morphs"),
        Suggestion({"morphs": [{"gloss": {"en": "cat"}}]}, "lexicon", 0.1, 0, "never confirmed"),
    ]
    gloss, pos = entry_suggestions.suggest(desk, Told(), entry["id"])
    assert [one.value for one in gloss.offers] == ["dog"]
    assert gloss.offers[0].reason == "in texts: confirmed 3 times"
    assert [one.value for one in pos.offers] == [noun]
    add_model(desk)
    told = Told(gloss=[("dog", 0.5, "x"), ("hound", 0.2, "y")])
    gloss, _ = entry_suggestions.suggest(desk, told, entry["id"])
    assert [(one.value, one.origin) for one in gloss.offers] == [
        ("dog", "memory"), ("hound", "model")
    ]  # fmt: skip


def test_nothing_is_said_of_full_fields_nor_to_those_who_may_not_change_it(desk, memory):
    add_model(desk)
    full = save_entry(desk, "nyumba", "house", sense={
        "pos": item_id(desk, PARTS_OF_SPEECH, "Noun"), "domains": [add_domain(desk)]
    })  # fmt: skip
    bare, told = save_entry(desk, "x", ""), Told(pos=[("Noun", 0.9, "")])
    assert entry_suggestions.suggest(desk, told, full["id"]) == [] and told.asked == []
    viewer = make_desk(desk.store, role=Role.VIEWER, name="Vi")
    assert entry_suggestions.suggest(viewer, told, bare["id"]) == []
    with pytest.raises(NotFound):
        entry_suggestions.suggest(desk, told, "e_nothing")


def test_without_an_answer_it_is_not_asked_again_at_once(desk, memory):
    add_model(desk)
    entry, told = save_entry(desk, "x", ""), Told(silent=True)
    assert entry_suggestions.suggest(desk, told, entry["id"]) == []
    count = len(told.asked)
    assert entry_suggestions.is_waiting(desk)
    assert entry_suggestions.suggest(desk, told, entry["id"]) == [] and len(told.asked) == count
