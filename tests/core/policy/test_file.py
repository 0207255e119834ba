"""The policy file: the shipped one is the tables of the facts; a wrong one is told by line, with a remedy."""

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.environment import Environment, Secret
from core.config.settings import GatewaySettings, Settings
from core.connector import Address
from core.errors import ConfigurationError, ConfigurationErrors
from core.gateway.catalogue import EXTRACTS
from core.policy.decision import Denied, decide
from core.policy.file import MarkingRule, Quotas, load_policy, parse_policy, read_policy, shipped_policy
from core.policy.tables import gateway_model
from core.sensitivity.level import Level

MODEL = """
[[models]]
id = "ministral-8b"
served = "ministral-8b-2410"
url = "http://127.0.0.1:5000/v1"
clearance = "N3"
"""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """These tests read what is said in English."""
    monkeypatch.setenv("RELAIS_LANGUAGE", "en")


def test_the_shipped_policy_is_the_tables_of_the_facts() -> None:
    """Ceilings and unmarked levels, as proposed for the State."""
    policy = shipped_policy()
    assert {kind: level.name for kind, level in policy.ceilings.items()} == {
        "tchap_encrypted": "N2",
        "tchap_encrypted_guests": "N1",
        "tchap_unencrypted": "N1",
        "tchap_public": "N0",
        "slack": "N0",
        "mail": "N2",
        "console": "N3",
    }
    assert policy.usual["slack"] == policy.usual["tchap_public"] == Level.N0
    assert policy.usual["tchap_encrypted"] == policy.usual["mail"] == Level.N1
    assert policy.quotas == Quotas(messages_per_minute=10, tokens_per_day=200_000, answer_characters=60_000)
    assert policy.retention.session_days == 30
    assert policy.models == ()


def test_every_key_of_the_contract_is_read() -> None:
    """The example of the design."""
    policy = parse_policy(
        """
        [[models]]
        id = "ministral-8b"
        served = "ministral-8b-2410"
        url = "http://127.0.0.1:5000/v1/"
        api_key_env = "OUTSCALE_KEY"
        dialect = "mistral"
        clearance = "N3"
        context = 131072
        active_parameters = 8
        total_parameters = 9.5
        tasks = ["chat"]
        languages = ["fr"]
        [ceilings]
        console = "N3"
        [unmarked]
        default = "N2"
        [quotas]
        messages_per_minute = 3
        [markings.limitee]
        pattern = 'DIFFUSION LIMIT[ÉE]E'
        level = "N2"
        strength = "weak"
        [retention]
        session_days = 7
        """,
        "p.toml",
    )
    (model,) = policy.models
    assert (model.id, model.served, model.url) == (
        "ministral-8b",
        "ministral-8b-2410",
        "http://127.0.0.1:5000/v1",
    )
    assert (model.api_key_env, model.dialect, model.clearance) == ("OUTSCALE_KEY", "mistral", Level.N3)
    assert (model.context, model.active_parameters, model.total_parameters) == (131_072, 8.0, 9.5)
    assert (model.tasks, model.languages) == (("chat",), ("fr",))
    assert policy.ceilings == {"console": Level.N3}
    assert policy.usual["slack"] == Level.N2
    assert policy.quotas == Quotas(messages_per_minute=3, tokens_per_day=None)
    assert policy.markings == (
        MarkingRule(name="limitee", pattern="DIFFUSION LIMIT[ÉE]E", level=Level.N2, strength="weak"),
    )
    assert policy.retention.session_days == 7


def test_a_table_left_out_is_the_shipped_one() -> None:
    """A policy may hold models only."""
    policy = parse_policy(MODEL, "p.toml")
    assert policy.ceilings == shipped_policy().ceilings
    assert policy.unmarked == shipped_policy().unmarked
    assert policy.quotas == shipped_policy().quotas


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "[ceilings]\nslack = N0",
            "p.toml:2: is not TOML. Correct the line; strings stand between quotes, and each key stands once",
        ),
        (
            "\n[ceiling]\nslack = 'N0'",
            "p.toml:2 ceiling: is unknown. Did you mean ceilings?",
        ),
        (
            "[ceilings]\n# a comment\nslak = 'N0'",
            "p.toml:3 ceilings.slak: is unknown. Did you mean slack?",
        ),
        (
            "[ceilings]\nslack = 'N7'",
            "p.toml:2 ceilings.slack: “N7” is unknown. Write one of: N0, N1, N2, N3",
        ),
        (
            "[ceilings]\nmail = 'N2'\nslack = 0",
            'p.toml:3 ceilings.slack: is not a text. Write slack = "…"',
        ),
        (
            "[ceilings]\nconsole = 'N4b'",
            "p.toml:2 ceilings.console: cannot be N4b: classified or restricted information is handled "
            "nowhere here. Write one of: N0, N1, N2, N3",
        ),
        (
            MODEL.replace("N3", "N4a"),
            "p.toml:6 models.clearance: cannot be N4a without the reference of a homologation (II 901). "
            'Write homologation = "…" in this table, or one of: N0, N1, N2, N3',
        ),
        (
            MODEL.replace("N3", "N4b") + 'homologation = "H-1"',
            "p.toml:6 models.clearance: cannot be N4b: classified or restricted information is handled "
            "nowhere here. Write one of: N0, N1, N2, N3",
        ),
        (
            MODEL.replace("127.0.0.1:5000", "api.openai.com").replace("N3", "N4a") + 'homologation = "H-1"',
            "p.toml:7 models.homologation: is given to a service for the general public. Remove it",
        ),
        (
            "[ceilings]\nmail = 'N4a'",
            "p.toml:2 ceilings.mail: cannot be N4a without the reference of a homologation (II 901). "
            'Write mail = "…" under [homologations], or one of: N0, N1, N2, N3',
        ),
        (
            "[homologations]\ntchap_public = 'H-1'",
            "p.toml:2 homologations.tchap_public: is unknown. Known here: tchap_encrypted, mail, console",
        ),
        (
            "ceilings = 'N1'",
            "p.toml:1 ceilings: is not a table. Write it under a header: [ceilings]",
        ),
        (
            "[unmarked]\nslack = 'N0'",
            'p.toml:1 unmarked.default: is missing. Write default = "N1" in [unmarked]',
        ),
        (
            "[models]\nid = 'a'",
            "p.toml:1 models: is not a list of tables. Write each under a header of its own: [[models]]",
        ),
        (
            MODEL + MODEL,
            "p.toml:9 models.id: “ministral-8b” is there twice. Give each model a name of its own",
        ),
        (
            MODEL + MODEL.replace('id = "ministral-8b"\n', ""),
            'p.toml:8 models.id: is missing. Write it in this table: id = "…"',
        ),
        (
            MODEL + 'dialect = "claude"',
            "p.toml:7 models.dialect: “claude” is unknown. "
            "Write one of: mistral, opengatellm, openai, local, extracts",
        ),
        (
            MODEL + 'tasks = [\n  "chat",\n  "dance",\n]\ncontext = 0',
            "p.toml:7 models.tasks: “dance” is unknown. "
            "Write some of: chat, summary, transcription, vision\n"
            "p.toml:11 models.context: is not a whole number above zero. Write context = 32768",
        ),
        (
            MODEL.replace("http://127.0.0.1:5000/v1", "127.0.0.1:5000"),
            "p.toml:5 models.url: is not an http or https URL. Write it as https://gateway.example.fr/v1",
        ),
        (
            MODEL.replace("127.0.0.1", "user:hunter2@h"),
            "p.toml:5 models.url: holds a password. Put the key in .env and name it in api_key_env",
        ),
        (
            MODEL + 'api_key_env = "sk-hunter2"',
            "p.toml:7 models.api_key_env: is no name of a variable. Write the name, and put the key in .env",
        ),
        (
            "[quotas]\ntokens_per_day = -1",
            "p.toml:2 quotas.tokens_per_day: is not a whole number above zero. Write tokens_per_day = 100",
        ),
        (
            "[retention]\nsession_days = true",
            "p.toml:2 retention.session_days: is not a whole number above zero. Write session_days = 30",
        ),
        (
            "[markings]\n[markings.x]\npattern = '('\nlevel = 'N2'\nstrength = 'loud'",
            "p.toml:3 markings.x.pattern: is not a regular expression (character 1). "
            "Correct it: close brackets and groups, and use '…' quotes\n"
            "p.toml:5 markings.x.strength: “loud” is unknown. Write one of: strong, weak",
        ),
    ],
)
def test_a_wrong_policy_is_told_by_line(source: str, expected: str) -> None:
    """Nothing unknown passes, and no message holds what may be a key."""
    with pytest.raises(ConfigurationError) as caught:
        parse_policy(source, "p.toml")
    assert str(caught.value) == expected
    assert "hunter2" not in str(caught.value)


@given(level=st.text(max_size=4), kind=st.text(st.characters(codec="ascii"), max_size=12))
def test_no_unknown_level_or_kind_ever_passes(level: str, kind: str) -> None:
    """What is not a level from N0 to N3 for a known kind is an error, never a default."""
    quoted = "".join(f"\\U{ord(c):08X}" for c in level), "".join(f"\\U{ord(c):08X}" for c in kind)
    source = f'[ceilings]\n"{quoted[1]}" = "{quoted[0]}"'
    known = kind in shipped_policy().ceilings and level.strip().upper() in {"N0", "N1", "N2", "N3"}
    try:
        parse_policy(source, "p.toml")
    except ConfigurationError:
        assert not known
    else:
        assert known


def test_without_any_model_the_embedded_extracts_answer() -> None:
    """A fresh machine has an assistant, without AI."""
    assert load_policy(Settings()).models == (EXTRACTS,)


def test_one_gateway_of_the_settings_is_one_model() -> None:
    """The shipped policy holds for it; its key is looked up like any other."""
    gateway = GatewaySettings(url="https://llm.ministere.example", model="ministral-8b-2410")
    (model,) = load_policy(Settings(gateway=gateway)).models
    assert (model.id, model.url) == ("ministral-8b-2410", "https://llm.ministere.example/v1")
    assert (model.dialect, model.clearance) == ("mistral", Level.N2)
    assert model.api_key_env == "RELAIS_GATEWAY__API_KEY"


@pytest.mark.parametrize(
    ("url", "model", "dialect", "clearance"),
    [
        ("http://10.0.0.1:5000/v1", "small-2409", "mistral", Level.N2),
        ("https://albert.api.etalab.gouv.fr/v1", "openweight-small", "opengatellm", Level.N2),
        ("http://vllm:8000/v1", "llama-3.1-8b", "openai", Level.N2),
        ("https://api.mistral.ai/v1", "mistral-small-latest", "mistral", Level.N0),
        ("https://api.openai.com/v1", "gpt-5", "openai", Level.N0),
        ("https://notmistral.ai.example/v1", "gpt-5", "openai", Level.N2),
    ],
)
def test_a_gateway_of_the_settings_gets_a_cautious_clearance(
    url: str, model: str, dialect: str, clearance: Level
) -> None:
    """N2 as the administration's own; N0 at services for the general public."""
    made = gateway_model(GatewaySettings(url=url, model=model))
    assert (made.dialect, made.clearance) == (dialect, clearance)


def test_two_places_may_not_declare_models(tmp_path: Path) -> None:
    """Which one holds would be a guess."""
    (tmp_path / "p.toml").write_text(MODEL)
    gateway = GatewaySettings(url="https://llm.example", model="m")
    with pytest.raises(ConfigurationError, match="RELAIS_GATEWAY__URL: is given beside a policy with models"):
        load_policy(Settings(policy=tmp_path / "p.toml", gateway=gateway))


def test_a_key_that_a_model_names_must_be_given(tmp_path: Path) -> None:
    """Told at start, not at the first question."""
    (tmp_path / "p.toml").write_text(MODEL + 'api_key_env = "OUTSCALE_KEY"')
    with pytest.raises(ConfigurationError) as caught:
        load_policy(Settings(policy=tmp_path / "p.toml"))
    assert str(caught.value) == (
        "OUTSCALE_KEY: is missing: model ministral-8b of the policy needs it. "
        "Give it in the environment or in .env, or remove api_key_env"
    )
    environment = Environment(values={"OUTSCALE_KEY": "x"})
    settings = Settings(policy=tmp_path / "p.toml", environment=environment)
    assert load_policy(settings).models[0].api_key_env == "OUTSCALE_KEY"
    assert settings.environment.secret("OUTSCALE_KEY") == Secret("x")


def test_a_local_model_lies_beside_the_policy(tmp_path: Path) -> None:
    """A relative path begins at the policy's folder."""
    source = MODEL.replace("http://127.0.0.1:5000/v1", "smol.gguf") + 'dialect = "local"'
    (tmp_path / "p.toml").write_text(source)
    (model,) = load_policy(Settings(policy=tmp_path / "p.toml")).models
    assert model.url == str(tmp_path / "smol.gguf")


def test_the_version_changes_with_the_content() -> None:
    """Logs can say which policy decided."""
    versions = {parse_policy(source, "p.toml").version for source in (MODEL, MODEL + "# x", MODEL)}
    assert len(versions) == 2


def test_an_unreadable_policy_is_named(tmp_path: Path) -> None:
    """A folder is no policy."""
    with pytest.raises(ConfigurationError, match="cannot be read: it is a folder"):
        load_policy(Settings(policy=tmp_path))


def test_lines_are_found_in_any_layout() -> None:
    """Strings and lists of several lines, quoted keys, dotted keys and comments lead nobody astray."""
    source = '''# [ceilings]
[markings."a b"]
pattern = """
level = 'N9'
[ceilings]
"""   # the string ends here
strength = 'strong'
level = 'N8'

[unmarked]
default = 'N1'
slack = "N9" # ] [

[[models]]
[[models]]
id = 'x'
'''
    with pytest.raises(ConfigurationErrors) as caught:
        parse_policy(source, "p.toml")
    told = [(problem.setting, problem.reason) for problem in caught.value.problems]
    assert [entry for entry in told if "N8" in entry[1] or "N9" in entry[1]] == [
        ("p.toml:8 markings.a b.level", "“N8” is unknown"),
        ("p.toml:12 unmarked.slack", "“N9” is unknown"),
    ]
    assert ("p.toml:14 models.id", "is missing") in told
    assert ("p.toml:15 models.served", "is missing") in told


def test_a_homologated_channel_and_model_may_have_restricted_information() -> None:
    """Each with the reference of its decision; one alone is not enough, and an empty reference is none."""
    channel = '[ceilings]\nconsole = "N4a"\nmail = "N2"\n[homologations]\nconsole = "H-2"\n'
    model = MODEL.replace("N3", "N4a") + 'homologation = "H-1"\n'
    policy = parse_policy(model + channel, "p.toml")
    assert policy.is_homologated()
    assert (policy.carries.get("console"), policy.carries.get("mail")) == (Level.N4, Level.N2)
    assert not parse_policy(MODEL + channel, "p.toml").is_homologated()
    assert not parse_policy(model, "p.toml").is_homologated()
    with pytest.raises(ConfigurationErrors, match="homologation: is not a text"):
        parse_policy(model.replace("H-1", " "), "p.toml")


def test_a_marking_of_the_policy_may_be_of_any_level() -> None:
    """An organisation's own word for restricted or classified information only makes more refused."""
    source = "[markings.a]\npattern = 'A'\nlevel = 'N4a'\n[markings.b]\npattern = 'B'\nlevel = 'N4b'"
    assert [m.sublevel for m in parse_policy(source, "p.toml").markings] == ["N4a", "N4b"]


def test_rights_name_people_and_groups() -> None:
    """A pattern stands for a group; the highest right that names a person counts; nobody else has any."""
    policy = parse_policy(
        """
        [[rights]]
        people = ["@*:agent.a.example"]
        level = "N1"

        [[rights]]
        people = ["@anne:agent.a.example", "@luc:agent.b.example"]
        level = "N3"
        """,
        "p.toml",
    )
    assert policy.right("@anne:agent.a.example") == Level.N3
    assert policy.right("@paul:agent.a.example") == Level.N1
    assert policy.right("@paul:agent.b.example") is None
    assert shipped_policy().rights == ()


def test_a_right_needs_people_and_a_level() -> None:
    """A right that names nobody, or a level that nobody may have, is told with its line."""
    with pytest.raises(ConfigurationErrors) as error:
        parse_policy('[[rights]]\nlevel = "N4"\n', "p.toml")
    assert "p.toml:" in str(error.value)
    assert "people" in str(error.value)


def test_a_conversation_has_the_highest_floor_that_names_it() -> None:
    """`[floors]`: patterns of connector and conversation; where none fits, N0."""
    policy = parse_policy('[floors]\n"mail:rh@*" = "N2"\n"mail:*" = "N1"\n', "p.toml")
    for conversation, level in (("rh@x.fr a@x.fr r", Level.N2), ("b@x.fr a@x.fr r", Level.N1)):
        assert policy.conversation_floor(Address(connector="mail", conversation=conversation)) is level
    assert policy.conversation_floor(Address(connector="slack", conversation="C1")) is Level.N0


def test_masking_has_a_level() -> None:
    """`[masking] from` is a level; without it that of the shipped policy, N2, counts."""
    assert parse_policy('[masking]\nfrom = "N3"\n', "p.toml").masking == Level.N3
    assert parse_policy("", "p.toml").masking == shipped_policy().masking == Level.N2


def test_rights_lower_and_block(tmp_path: Path) -> None:
    """What is denied is never granted, whatever another right says; a denial alone limits nobody else."""
    grants = '[[rights]]\npeople = ["@*:a"]\nlevel = "N2"\n'
    denies = (
        '[[rights]]\npeople = ["@stage*:a"]\ndeny = "N2"\n[[rights]]\npeople = ["@exclu:a"]\ndeny = "N0"\n'
    )
    (tmp_path / "p.toml").write_text(grants + denies)
    policy = read_policy(tmp_path / "p.toml")
    rights = [policy.right(f"@{name}") for name in ("anne:a", "stage1:a", "exclu:a", "anne:b")]
    assert rights == [Level.N2, Level.N1, None, None]
    (tmp_path / "p.toml").write_text(denies)
    alone = read_policy(tmp_path / "p.toml")
    ask = partial(decide, alone, level=Level.N2, audience="tchap_encrypted", task="send")
    ask(person="@anne:b")
    for person in ("@stage1:a", "@exclu:a"):
        with pytest.raises(Denied):
            ask(person=person)
    (tmp_path / "p.toml").write_text(grants.replace("level", 'deny = "N1"\nlevel'))
    with pytest.raises(ConfigurationError, match="stands beside a level"):
        read_policy(tmp_path / "p.toml")
