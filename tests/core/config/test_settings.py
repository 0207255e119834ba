"""Settings: what is given is read, and what is wrong is named with its reason and its remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.config.environment import Secret
from core.config.settings import Settings, known_names, load_settings, replica_name
from core.errors import ConfigurationError, ConfigurationErrors

KEY = "k" * 32
TCHAP = {
    "RELAIS_TCHAP__HOMESERVER": "https://matrix.agent.example",
    "RELAIS_TCHAP__USER": "@bot:agent.example",
    "RELAIS_TCHAP__PASSWORD": "S3cr3t!",
}
MAIL = {
    "RELAIS_MAIL__ADDRESS": "bot@ministere.example",
    "RELAIS_MAIL__IMAP_URL": "imaps://bot:pass@imap.example",
    "RELAIS_MAIL__SMTP_URL": "smtps://bot:pass@smtp.example",
    "RELAIS_MAIL__AUTHSERV_ID": "mx.example",
}
Load = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """These tests read what is said in English."""
    monkeypatch.setenv("RELAIS_LANGUAGE", "en")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads settings from the given names, and from a .env when one is given."""

    def load(environ: dict[str, str] | None = None, dotenv: str | None = None) -> Settings:
        if dotenv is not None:
            (tmp_path / ".env").write_text(dotenv)
        return load_settings(environ or {}, tmp_path)

    return load


def test_nothing_given_means_embedded_store_and_no_connector(load: Load) -> None:
    """A fresh machine needs no setting."""
    settings = load()
    assert settings.store.url is None
    assert (settings.gateway, settings.tchap, settings.slack, settings.mail) == (None, None, (), ())
    assert settings.http.bind == ("127.0.0.1", 8080)
    assert settings.max_age == 24 * 3600
    assert settings.language == "fr"
    assert settings.data_dir == Path("data")


def test_a_part_runs_when_its_settings_are_present(load: Load) -> None:
    """Lists are JSON; server names are compared in lower case."""
    tchap = load(TCHAP | {"RELAIS_TCHAP__ALLOWED_SERVERS": '["Agent.example","b.example:8448"]'}).tchap
    assert tchap is not None
    assert tchap.user == "@bot:agent.example"
    assert tchap.password == Secret("S3cr3t!")
    assert tchap.allowed_servers == ("agent.example", "b.example:8448")


def test_the_rate_granted_to_an_account_is_a_number_above_zero(load: Load) -> None:
    """Synapse's default without the setting; nothing that would never send."""
    name = "RELAIS_TCHAP__MESSAGES_PER_SECOND"
    for given, rate in ({}, 0.2), ({name: "50"}, 50.0), ({name: "0.5"}, 0.5):
        tchap = load(TCHAP | given).tchap
        assert tchap is not None
        assert tchap.messages_per_second == rate
    for wrong in ("0", "-1", "viel", "1e9"):
        with pytest.raises(ConfigurationError, match="above zero"):
            load(TCHAP | {name: wrong})


def test_the_environment_wins_over_dotenv(load: Load) -> None:
    """A deployment overrides the file; an empty value is as if not given."""
    dotenv = "RELAIS_CONTACT=file\nRELAIS_SECURITY_CONTACT=file\n"
    settings = load({"RELAIS_CONTACT": "environment", "RELAIS_SECURITY_CONTACT": ""}, dotenv)
    assert (settings.contact, settings.security_contact) == ("environment", "file")


def test_dotenv_takes_quotes_comments_and_dollars_as_they_are(load: Load) -> None:
    """Nothing is interpolated, and a quoted # begins no comment."""
    dotenv = """
    # a comment
    export RELAIS_CONTACT="L’aide # 1\\n« ici »"  # a comment
    RELAIS_SECURITY_CONTACT='pa$$word ${HOME}'
    RELAIS_LANGUAGE=en # a comment
    """
    settings = load(dotenv=dotenv)
    assert settings.contact == "L’aide # 1\n« ici »"
    assert settings.security_contact == "pa$$word ${HOME}"
    assert settings.language == "en"


def test_the_password_of_sentinels_stands_behind_their_service(load: Load) -> None:
    """With an @ in it, too, which does not end the name and password before a host."""
    url = "redis+sentinel://u:p%2Fw@one.example:26379,two.example:26379/service?sentinel_password=a@b"
    store = load({"RELAIS_STORE__URL": url, "RELAIS_STORE__KEYS": KEY}).store
    assert store.url is not None
    assert store.url.reveal() == url


def test_a_secret_may_be_a_file(load: Load, tmp_path: Path) -> None:
    """The newline that ends the file is not part of the secret."""
    (tmp_path / "password").write_text("S3cr3t!\n")
    given = TCHAP | {"RELAIS_TCHAP__PASSWORD": "", "RELAIS_TCHAP__PASSWORD_FILE": str(tmp_path / "password")}
    settings = load(given)
    assert settings.tchap is not None
    assert settings.tchap.password == Secret("S3cr3t!")


def test_one_mailbox_by_names_and_several_as_a_list(load: Load) -> None:
    """Both ways give the same."""
    by_name = load(MAIL | {"RELAIS_MAIL__ALLOWED_DOMAINS": '["ministere.example"]'}).mail
    listed = load(
        {
            "RELAIS_MAIL": '[{"address":"bot@ministere.example","imap_url":"imaps://bot:pass@imap.example",'
            '"SMTP_URL":"smtps://bot:pass@smtp.example","authserv_id":"mx.example",'
            '"allowed_domains":["ministere.example"]}]'
        }
    ).mail
    assert by_name == listed
    assert listed[0].folders == ("Traités", "Échecs", "Quarantaine")


def test_a_key_of_the_policy_stands_in_the_environment_in_dotenv_or_in_a_file(
    load: Load, tmp_path: Path
) -> None:
    """`api_key_env` may name any of the three; other names of .env are nobody's business."""
    (tmp_path / "third").write_text("three\n")
    settings = load({"FIRST": "one"}, f"SECOND=two\nTHIRD_FILE={tmp_path / 'third'}\n")
    assert [settings.environment.secret(name) for name in ("FIRST", "SECOND", "THIRD", "FOURTH")] == [
        Secret("one"),
        Secret("two"),
        Secret("three"),
        None,
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"RELAIS_STORE__URI": "redis://h"},
            "RELAIS_STORE__URI: is not a setting of relais. Did you mean RELAIS_STORE__URL?",
        ),
        (
            {"relais_data_dir": "/x"},
            "relais_data_dir: is not a setting of relais. Did you mean RELAIS_DATA_DIR?",
        ),
        (
            {"RELAIS_COLOUR_OF_THE_SKY": "blue"},
            "RELAIS_COLOUR_OF_THE_SKY: is not a setting of relais. "
            "Remove it; the known names are in `.env.example`",
        ),
        (
            {"RELAIS_CONTACT_FILE": "/x"},
            "RELAIS_CONTACT_FILE: is not a setting of relais. Did you mean RELAIS_CONTACT?",
        ),
        (
            {"RELAIS_MAX_AGE": "soon"},
            "RELAIS_MAX_AGE: is not a duration. Write a number with its unit: 90s, 15min, 24h or 7d",
        ),
        ({"RELAIS_MAX_AGE": "0"}, "RELAIS_MAX_AGE: is zero. Write a duration above zero, such as 24h"),
        ({"RELAIS_LANGUAGE": "de"}, "RELAIS_LANGUAGE: is none of the known values. Write one of: fr, en"),
        (
            {"RELAIS_HTTP__BIND": "8080"},
            "RELAIS_HTTP__BIND: is not an address with a port. Write it as 127.0.0.1:8080",
        ),
        (
            {"RELAIS_POLICY": "/no/such/policy.toml"},
            "RELAIS_POLICY: there is no file /no/such/policy.toml. Correct the path, or put the file there",
        ),
        (
            {"RELAIS_STORE__URL": "mysql://h/db"},
            "RELAIS_STORE__URL: is not a complete URL (redis, rediss, unix). "
            "Write it as rediss://user:password@host:6379",
        ),
        (
            {"RELAIS_STORE__URL": "redis://:pw@store:6379"},
            "RELAIS_STORE__KEYS: is missing: RELAIS_STORE__URL needs it. "
            "Generate one: openssl rand -base64 32",
        ),
        (
            {"RELAIS_STORE__URL": "redis://store", "RELAIS_STORE__KEYS": "short"},
            "RELAIS_STORE__KEYS: holds a key of 5 characters. Use at least 32: openssl rand -base64 32",
        ),
        (
            {"RELAIS_GATEWAY__URL": "https://g/v1"},
            "RELAIS_GATEWAY__MODEL: is missing: RELAIS_GATEWAY__URL needs it. "
            "Give it, or remove the others of this part",
        ),
        (
            {"RELAIS_TCHAP__HOMESERVER": TCHAP["RELAIS_TCHAP__HOMESERVER"], "RELAIS_TCHAP__PASSWORD": "x"},
            "RELAIS_TCHAP__USER: is missing: RELAIS_TCHAP__HOMESERVER needs it. "
            "Give it, or remove the others of this part",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__PASSWORD": ""},
            "RELAIS_TCHAP__PASSWORD: is missing: RELAIS_TCHAP__USER needs it. "
            "Give it, or RELAIS_TCHAP__ACCESS_TOKEN",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__USER": "bot@agent.example:8448 "},
            "RELAIS_TCHAP__USER: is not a Matrix user. Write it as @assistant:agent.example.fr",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__HOMESERVER": "matrix.agent.example"},
            "RELAIS_TCHAP__HOMESERVER: is not a complete URL (https, http). "
            "Write it as https://matrix.agent.example.fr",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__HOMESERVER": "https://matrix. agent.example"},
            "RELAIS_TCHAP__HOMESERVER: is not a complete URL (https, http). "
            "Write it as https://matrix.agent.example.fr",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__ALLOWED_SERVERS": "agent.example"},
            "RELAIS_TCHAP__ALLOWED_SERVERS: is not a list. "
            'Write a JSON list of texts: ["a.example","b.example"]',
        ),
        (
            TCHAP | {"RELAIS_TCHAP__ALLOWED_SERVERS": '["https://agent.example"]'},
            "RELAIS_TCHAP__ALLOWED_SERVERS: holds what is no server name. "
            "Write names such as agent.example.fr, without https://",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__PASSWORD_FILE": "/x"},
            "RELAIS_TCHAP__PASSWORD: is given twice, as RELAIS_TCHAP__PASSWORD and as "
            "RELAIS_TCHAP__PASSWORD_FILE. Keep one of them",
        ),
        (
            TCHAP | {"RELAIS_TCHAP__PASSWORD": "", "RELAIS_TCHAP__PASSWORD_FILE": "/no/such/file"},
            "RELAIS_TCHAP__PASSWORD_FILE: the file /no/such/file cannot be read: there is no such path. "
            "Name a file that relais may read",
        ),
        (
            {"RELAIS_SLACK__BOT_TOKEN": "xoxb-1"},
            "RELAIS_SLACK__APP_TOKEN: is missing: RELAIS_SLACK__BOT_TOKEN needs it. "
            "Give it, or RELAIS_SLACK__SIGNING_SECRET",
        ),
        (
            MAIL | {"RELAIS_MAIL__AUTHSERV_ID": ""},
            "RELAIS_MAIL__AUTHSERV_ID: is missing: RELAIS_MAIL__IMAP_URL needs it. "
            "It is the first word of the Authentication-Results header that your mail server adds",
        ),
        (
            MAIL | {"RELAIS_MAIL__IMAP_URL": ""},
            "RELAIS_MAIL__IMAP_URL: is missing: RELAIS_MAIL__ADDRESS needs it. "
            "Give it, or RELAIS_MAIL__WEBHOOK_SECRET",
        ),
        (
            MAIL | {"RELAIS_MAIL__IMAP_URL": "imaps://bot:12/pa#ss@imap.example"},
            "RELAIS_MAIL__IMAP_URL: holds a name or a password with / ? or # as they are. "
            "Write %2F, %3F and %23 for them, and %25 for %",
        ),
        (
            {"RELAIS_STORE__URL": "redis://:12/pass@store.example:6379", "RELAIS_STORE__KEYS": KEY},
            "RELAIS_STORE__URL: holds a name or a password with / ? or # as they are. "
            "Write %2F, %3F and %23 for them, and %25 for %",
        ),
        (
            MAIL | {"RELAIS_MAIL__OAUTH_TOKEN_URL": "https://login.example/token"},
            "RELAIS_MAIL__OAUTH_CLIENT: is missing: RELAIS_MAIL__OAUTH_TOKEN_URL needs it. "
            "Give both, or neither",
        ),
        (
            MAIL | {"RELAIS_MAIL__FOLDERS": '["Faits"]'},
            'RELAIS_MAIL__FOLDERS: is not a list of three names. Write ["Traités","Échecs","Quarantaine"]',
        ),
        (
            {"RELAIS_MAIL": "bot@ministere.example"},
            'RELAIS_MAIL: is not a JSON list. Write a JSON list of objects: [{"address": "…", …}]',
        ),
        (
            {"RELAIS_MAIL": '["bot@ministere.example"]'},
            'RELAIS_MAIL[1]: is not an object. Write a JSON list of objects: [{"address": "…", …}]',
        ),
        (
            MAIL | {"RELAIS_MAIL": "[{}]"},
            "RELAIS_MAIL: is given both as a list and by RELAIS_MAIL__… names. Keep one of the two ways",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_reason_and_remedy(
    load: Load, given: dict[str, str], expected: str
) -> None:
    """One message, of one line, for each thing that can be wrong."""
    with pytest.raises(ConfigurationError) as caught:
        load(given)
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("dotenv", "expected"),
    [
        (
            "RELAIS_CONTACT",
            ".env:1: is not of the form NAME=value. Write one a line, with quotes closed",
        ),
        (
            "\nRELAIS_CONTACT='a",
            ".env:2: is not of the form NAME=value. Write one a line, with quotes closed",
        ),
        ("A=1\nA=2", ".env:2: gives A a second time. Keep one of the two lines"),
        (
            "RELAIS_TCHAP__USR=@a:b",
            "RELAIS_TCHAP__USR: is not a setting of relais (.env). Did you mean RELAIS_TCHAP__USER?",
        ),
        (
            "RELIAS_STORE__URL=redis://h",
            "RELIAS_STORE__URL: is not a setting of relais (.env). Did you mean RELAIS_STORE__URL?",
        ),
        (
            "TCHAP__USER=@a:b",
            "TCHAP__USER: is not a setting of relais (.env). Did you mean RELAIS_TCHAP__USER?",
        ),
    ],
)
def test_a_wrong_dotenv_is_told_by_line_or_name(load: Load, dotenv: str, expected: str) -> None:
    """A name of .env that only looks like a setting is reported too."""
    with pytest.raises(ConfigurationError) as caught:
        load(dotenv=dotenv)
    assert str(caught.value) == expected


def test_all_that_is_wrong_is_told_at_once(load: Load) -> None:
    """Nobody has to start five times to learn of five mistakes."""
    with pytest.raises(ConfigurationErrors) as caught:
        load({"RELAIS_LANGUAGE": "de", "RELAIS_MAX_AGE": "x", "RELAIS_X": "1", "RELAIS_GATEWAY__MODEL": "m"})
    assert [problem.setting for problem in caught.value.problems] == [
        "RELAIS_MAX_AGE",
        "RELAIS_LANGUAGE",
        "RELAIS_GATEWAY__URL",
        "RELAIS_X",
    ]
    assert len(str(caught.value).splitlines()) == 4


def test_no_secret_is_shown(load: Load) -> None:
    """Neither by `repr` nor in the message of a wrong value."""
    secret = "hunter2" * 6
    settings = load(TCHAP | {"RELAIS_TCHAP__PASSWORD": secret, "RELAIS_STORE__KEYS": secret}, f"KEY={secret}")
    assert secret not in repr(settings)
    assert secret not in f"{settings.tchap}{settings.store}{settings.environment.secret('KEY')}"
    with pytest.raises(ConfigurationError) as caught:
        load({"RELAIS_STORE__URL": f"http://:{secret}@h", "RELAIS_MAIL": f'{{"smtp_url": "{secret}"'})
    assert secret not in str(caught.value)


def test_every_name_of_the_contract_is_known() -> None:
    """Outside checks use these names."""
    contract = """
    RELAIS_DATA_DIR RELAIS_STORE__URL RELAIS_STORE__KEYS RELAIS_POLICY RELAIS_REPLICA RELAIS_MAX_AGE
    RELAIS_CONTACT RELAIS_SECURITY_CONTACT RELAIS_CA_FILE RELAIS_GATEWAY__URL RELAIS_GATEWAY__API_KEY
    RELAIS_GATEWAY__MODEL RELAIS_TCHAP__HOMESERVER RELAIS_TCHAP__USER RELAIS_TCHAP__PASSWORD
    RELAIS_TCHAP__ACCESS_TOKEN RELAIS_TCHAP__CROSS_SIGNING_SEED RELAIS_TCHAP__ALLOWED_SERVERS
    RELAIS_TCHAP__GUEST_SERVERS RELAIS_TCHAP__CONTENT_SCANNER RELAIS_SLACK__BOT_TOKEN
    RELAIS_SLACK__SIGNING_SECRET RELAIS_SLACK__APP_TOKEN RELAIS_SLACK__API_URL RELAIS_MAIL
    RELAIS_MAIL__ADDRESS RELAIS_MAIL__IMAP_URL RELAIS_MAIL__SMTP_URL RELAIS_MAIL__AUTHSERV_ID
    RELAIS_MAIL__ALLOWED_DOMAINS RELAIS_MAIL__FOLDERS RELAIS_MAIL__OAUTH_TOKEN_URL
    RELAIS_MAIL__OAUTH_CLIENT RELAIS_MAIL__WEBHOOK_SECRET RELAIS_HTTP__BIND RELAIS_LANGUAGE
    RELAIS_STORE__KEYS_FILE RELAIS_TCHAP__PASSWORD_FILE
    """
    assert set(contract.split()) - known_names() == set()


def test_the_replica_keeps_its_generated_name(tmp_path: Path) -> None:
    """Generated once, the same at every later start."""
    settings = Settings(data_dir=tmp_path / "data")
    assert replica_name(settings, lambda n: "ab" * n) == "relais-abababab"
    assert replica_name(settings, lambda n: "cd" * n) == "relais-abababab"
    assert [path.name for path in settings.data_dir.iterdir()] == ["replica"]


def test_the_replicas_setting_wins(tmp_path: Path) -> None:
    """A name that is given is not written anywhere."""
    assert replica_name(Settings(data_dir=tmp_path / "data", replica="paris-1")) == "paris-1"
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_cannot_be_is_a_wrong_setting(tmp_path: Path) -> None:
    """The folder is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ConfigurationError, match=r"RELAIS_DATA_DIR: .*file/data: a part of this path is no folder"
    ):
        replica_name(Settings(data_dir=tmp_path / "file" / "data"))


def test_a_damaged_replica_file_is_named(tmp_path: Path) -> None:
    """The remedy is safe: a name is only a name."""
    (tmp_path / "replica").write_text("\n")
    with pytest.raises(ConfigurationError, match="Remove this file"):
        replica_name(Settings(data_dir=tmp_path))


def test_a_lenient_start_leaves_out_the_platforms_that_are_wrong() -> None:
    """A platform alone: what concerns the whole replica still stops the start."""
    given = {
        "RELAIS_START": "lenient",
        "RELAIS_TCHAP__HOMESERVER": "https://matrix.agent.example.fr",
        "RELAIS_TCHAP__USER": "@a:agent.example.fr",
        "RELAIS_TCHAP__PASSWORD": "secret",
        "RELAIS_MAIL__ADDRESS": "synthese@example.fr",
        "RELAIS_SLACK__BOT_TOKN": "xoxb-1",
    }
    settings = load_settings(given, Path("/nowhere"))
    assert settings.tchap is not None
    assert {platform for platform, _ in settings.left_out} == {"mail", "slack"}
    for wrong in ({"RELAIS_START": "strict"}, {"RELAIS_MAX_AGE": "demain"}):
        with pytest.raises(ConfigurationError):
            load_settings(given | wrong, Path("/nowhere"))
