"""Settings are read from the environment, and the documentation names each of them."""

import stat

import pytest

from app.settings import REPOSITORY, Settings, SettingsError, describe


def test_every_setting_stands_in_the_documentation():
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    rows = {line.split("|")[1].strip(" `"): line for line in page.splitlines() if "| `" in line}
    for setting in describe():
        assert setting.meaning in rows[setting.env]
        assert setting.default in rows[setting.env]


def test_an_empty_environment_gives_the_defaults():
    settings = Settings.from_env({"LIFE_PORT": "", "LIFE_DATA": "  "})
    assert settings == Settings()
    assert settings.base_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIFE_PORT", "http"),
        ("LIFE_PORT", "70000"),
        ("LIFE_THREADS", "0"),
        ("LIFE_MIN_FREE", "-1"),
        ("LIFE_PROXIES", "all"),
        ("LIFE_SECURE_COOKIES", "perhaps"),
        ("LIFE_PUBLIC_URL", "example.org"),
        ("LIFE_LOG_LEVEL", "LOUD"),
        ("LIFE_DATABASE", "a.b"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(variable, value):
    with pytest.raises(SettingsError, match=f"{variable}.*must be.*{value}"):
        Settings.from_env({variable: value})


def test_another_process_gets_the_same_settings(tmp_path):
    settings = Settings.from_env(
        {
            "LIFE_DATA": str(tmp_path),
            "LIFE_PUBLIC_URL": "https://life.example.org/",
            "REDIS_URL": "redis://queue",
            "LIFE_MAX_UPLOAD": "5",
        }
    )
    assert settings.secure_cookies
    assert settings.base_url == "https://life.example.org"
    assert Settings.from_env(settings.environ()) == settings


def test_the_local_start_makes_one_secret_and_keeps_it(tmp_path):
    settings = Settings(data=tmp_path / "data")
    made = settings.with_secret().secret_key
    assert len(made) >= 48
    assert settings.with_secret().secret_key == made
    assert made not in repr(settings.with_secret())
    path = settings.data / Settings.SECRET_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.run.stat().st_mode) == 0o700
    assert [p.name for p in settings.data.glob("secret-key*")] == ["secret-key"]


def test_a_missing_secret_is_said():
    with pytest.raises(SettingsError, match="LIFE_SECRET_KEY"):
        Settings().require_secret()


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="LIFE_DATA"):
        Settings(data=tmp_path / "file" / "data").make_folders()
