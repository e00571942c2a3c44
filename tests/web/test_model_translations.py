"""Pages and API about models that translate, and what the editor asks for."""

from __future__ import annotations

import io
from contextlib import contextmanager

import pytest

from app.domain.roles import SYSTEM
from app.ml import asking, engines
from app.services import model_silence
from app.services.desk import open_desk
from app.services.predict import Predict
from tests.ml.uploads import CONFIG, transformers, zipped
from tests.modelling import add_bare_lines, add_lines, add_model, make_line
from tests.services.test_model_translations import CONFIG as T5
from tests.services.test_model_translations import Knows, known, measured

UPLOAD = "/sena/models/upload"


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Models are not started: what is tried here are pages."""

    @contextmanager
    def loaded(module, folder, log, stop):
        facts = asking.Facts((), "ForConditionalGeneration", "5", ("eng_Latn", "swh_Latn"))
        yield Knows(facts, None, stop)

    def guess(_self, _model, lines, _lexicon=(), *, seconds=0.0):
        return [{"id": one.id, "words": [], "line": known(one.labels["said"])} for one in lines]

    monkeypatch.setattr(asking, "loaded", loaded)
    monkeypatch.setattr(Predict, "guess", guess)
    yield
    model_silence.forget()


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def signed_in(make_client, owner):
    return make_client(owner)


def test_one_is_brought_in_and_its_translations_stand_side_by_side(desk, signed_in, monkeypatch):
    add_lines(desk, 40)
    sent = {"file": [(io.BytesIO(zipped(transformers(config__json=CONFIG | T5))), "t.zip")]}
    answer = signed_in.post(UPLOAD, sent, content_type="multipart/form-data")
    where = answer.headers["Location"]
    page = signed_in.get_page(where)
    assert page.xpath("//select[@name='option.into']/option/@value") == ["en"]
    assert page.xpath("//input[@name='gives']/@list") == ["codes"]
    assert not page.xpath("//input[@name='others'][@type='radio']")
    form = {"name": "Small", "task": "translate", "others": "keep", "option.into": "en",
            "prefix": "translate:", "gives": "eng_Latn", "licence": "CC0-1.0"}  # fmt: skip
    page = signed_in.post_page(f"{where}/trial", {**form, "gives": "x" * 41}, status=422)
    assert page.xpath("//input[@name='gives'][@aria-invalid]")
    page = signed_in.submit(f"{where}/trial", form)
    told = page.text_content()
    assert "Word by word:" in told and "Near the translation (chrF)" in told
    assert page.xpath("//*[@class='translated__pair']//dd[@lang='en']")
    assert page.xpath("//input[@name='prefix']/@value") == ["translate: "]
    page = signed_in.submit(f"{where}/accept")
    assert "eng_Latn" in page.text_content() and "chrF 100" in page.text_content()
    model = signed_in.http.get(where).headers["Location"]
    assert "100.0" in signed_in.get_page("/sena/models").text_content()
    page = signed_in.post_page(f"{model}/try", {"typed": "mbwa anaona"})
    assert page.xpath("//td[@lang='en']")[0].text_content() == "somebody does something"
    assert "a row for each line" in signed_in.get_page(f"{model}/guesses").text_content()
    assert not signed_in.get_page(model).xpath("//section[@aria-labelledby='compare']")
    monkeypatch.setattr(engines, "_is_there", lambda package: True)
    page = signed_in.get_page("/sena/models")
    (name,) = page.xpath("//select[@name='option.fine-tuned-translator.translator']/option/text()")
    assert name == "Small" and page.xpath("//select[@id='translate-into']/option[@value='en']")
    convert = signed_in.get_page("/sena/models/convert").text_content()
    assert "AutoModelForSeq2SeqLM" in convert and "models.Unigram" in convert


def test_the_editor_and_the_api_are_offered_translations(desk, signed_in):
    facts = {"task": "translate", "engine": "transformers", "origin": "uploaded", "ws": "en"}
    add_model(desk, **facts, learnt_from=None)
    lines = add_lines(desk, 3)
    one, other = (measured(desk, lines, said) for said in ("the dog saw", "a cat"))
    page = signed_in.get_page(f"/sena/models/{one}/compare?with={other}")
    assert "chrF, mean of the sentences" in page.text_content()
    assert len(page.xpath("//*[@class='translated__line']")) == 3
    said = make_line(1)
    (line,) = add_bare_lines(desk, [said["line"]])
    text = desk.store.utterances.find_one({"_id": line})["text"]
    page = signed_in.get_page(f"/sena/texts/{text}")
    assert page.xpath('//textarea[@data-field=\'["translation", "en"]\']')
    where = f"/sena/texts/lines/{line}/translations/en"
    told = signed_in.http.get(f"{where}?model=no").json
    assert told["waiting"] and all(one["origin"] == "memory" for one in told["offers"])
    told = signed_in.http.get(where).json
    assert not told["waiting"] and said["translation"] in [one["text"] for one in told["offers"]]
    assert told["offers"][-1]["reason"] == "the model, on average 10 % sure of each piece"
    assert signed_in.http.get(where.replace("/en", "/pt")).status_code == 422
    api = f"/api/v1/projects/sena/utterances/{line}/translations"
    found = signed_in.http.get(f"{api}?into=en").json["translations"]
    assert [one["text"] for one in found] == [one["text"] for one in told["offers"]]
    assert signed_in.http.get(api).status_code == 422
