"""Settings come from KAKEHASHI_ variables, and a wrong one is told in one line that names it."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings import WrongSetting, read_settings
from resolvers.sealing import WrongSeal
from tests.conftest import SEALING_KEY

SetVariables = Callable[..., None]
OF_STRIPE = {
    "stripe_key": "rk_live_1",
    "stripe_webhook_secret": "whsec_1",
    "stripe_api_base": "https://stripe.example.jp",
}
# What production cannot do without.
SAFE = {"ENVIRONMENT": "production", "SEALING_KEYS": SEALING_KEY, "AUTH0_ISSUER": "https://issuer/"}
OLDER_KEY = urlsafe_b64encode(b"older" * 6 + b"!!").decode()


def test_without_variables_everything_is_embedded(without_variables: SetVariables) -> None:
    settings = read_settings()
    assert settings.development
    assert settings.own_tokens
    assert settings.database == f"sqlite:///{Path('data').absolute()}/kakehashi.db"
    assert (settings.host, settings.port, settings.redis_url) == ("127.0.0.1", 8000, None)


def test_every_variable_reaches_its_setting(without_variables: SetVariables) -> None:
    without_variables(
        ENVIRONMENT="production",
        DATA_DIR="/srv/kakehashi",
        DATABASE_URL="postgresql://user@host/name",
        DATABASE_CONNECTIONS="9",
        REDIS_URL="redis://host:6379/0",
        HOST="0.0.0.0",
        PORT="9000",
        AUTH0_ISSUER="https://tenant.auth0.com/",
        AUTH0_AUDIENCE="other",
        ENGINE="stepwise",
        DIVERSE_PREFIX="/diverse",
        TALKTIKO_PREFIX="/talktiko",
        REGISTERED_ONLY="true",
        AUTH0_RATE_LIMIT_PER_MINUTE="600",
        DEADLINE_S="2.5",
        LANE="false",
        RECEIPT_S="4",
        ALLOWED_ORIGINS="https://app.example.jp, http://localhost:5173",
        EGRESS_ALLOW="10.20.0.0/16, fd00:1::/32",
        SEALING_KEYS=f"{SEALING_KEY}, {OLDER_KEY}",
        WORKER_INSIDE="true",
        EXPORT_STORE="s3://bucket/exports",
        PUBLIC_URL="https://kakehashi.example.jp",
        LTI_COURSE_PAGE="https://app.example.jp/launch?from=lms",
        **{name.upper(): value for name, value in OF_STRIPE.items()},
    )
    settings = read_settings()
    assert settings.jwks_url == "https://tenant.auth0.com/.well-known/jwks.json"
    assert not settings.own_tokens
    assert settings.model_dump(mode="json", exclude={"auth0_jwks_url"}) == {
        "environment": "production",
        "data_dir": "/srv/kakehashi",
        "database_url": "postgresql://user@host/name",
        "database_connections": 9,
        "redis_url": "redis://host:6379/0",
        "host": "0.0.0.0",
        "port": 9000,
        "auth0_issuer": "https://tenant.auth0.com/",
        "auth0_audience": "other",
        "engine": "stepwise",
        "diverse_prefix": "/diverse",
        "talktiko_prefix": "/talktiko",
        "deadline_s": 2.5,
        "lane": False,
        "receipt_s": 4.0,
        "registered_only": True,
        "auth0_rate_limit_per_minute": 600,
        "allowed_origins": ["https://app.example.jp", "http://localhost:5173"],
        "egress_allow": ["10.20.0.0/16", "fd00:1::/32"],
        "sealing_keys": [SEALING_KEY, OLDER_KEY],
        "worker_inside": True,
        "export_store": "s3://bucket/exports",
        "public_url": "https://kakehashi.example.jp",
        "lti_course_page": "https://app.example.jp/launch?from=lms",
        **OF_STRIPE,
    }


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"PORT": "many"}, "KAKEHASHI_PORT: "),
        ({"PORT": "70000"}, "KAKEHASHI_PORT: "),
        ({"DATABASE_URL": "mysql://host/name"}, "KAKEHASHI_DATABASE_URL: use postgresql://"),
        ({"REDIS_URL": "http://host"}, "KAKEHASHI_REDIS_URL: use redis://"),
        ({"EGRESS_ALLOW": "10.0.0.1/8"}, "KAKEHASHI_EGRESS_ALLOW: use networks such as 10.20.0.0/16"),
        ({"EGRESS_ALLOW": "intranet"}, "KAKEHASHI_EGRESS_ALLOW: use networks such as 10.20.0.0/16"),
        ({"EXPORT_STORE": "exports"}, "KAKEHASHI_EXPORT_STORE: use file:///FOLDER"),
        ({"PUBLIC_URL": "kakehashi.example.jp"}, "KAKEHASHI_PUBLIC_URL: "),
        ({"LTI_COURSE_PAGE": "/launch"}, "KAKEHASHI_LTI_COURSE_PAGE: use an absolute address"),
        ({"LTI_COURSE_PAGE": "https://app.example.jp/#/launch"}, "KAKEHASHI_LTI_COURSE_PAGE: use an address without"),
        ({"ENVIRONMENT": "staging"}, "KAKEHASHI_ENVIRONMENT: "),
        ({"ENGINE": "fast"}, "KAKEHASHI_ENGINE: "),
        ({"AUTH0_ISSUER": "tenant"}, "KAKEHASHI_AUTH0_ISSUER: use an absolute address"),
        ({"DIVERSE_PREFIX": "api"}, "KAKEHASHI_DIVERSE_PREFIX: use a path"),
        ({"SEALING_KEYS": "short"}, "KAKEHASHI_SEALING_KEYS: use keys of 32 bytes"),
        ({"SEALING_KEYS": f"{SEALING_KEY},{OLDER_KEY[1:]}"}, "KAKEHASHI_SEALING_KEYS: use keys of 32 bytes"),
        ({"ENVIRONMENT": "production"}, "KAKEHASHI_SEALING_KEYS: is needed"),
        ({"ENVIRONMENT": "production", "SEALING_KEYS": " , "}, "KAKEHASHI_SEALING_KEYS: is needed"),
        ({"ENVIRONMENT": "production", "SEALING_KEYS": SEALING_KEY}, "KAKEHASHI_AUTH0_ISSUER: is needed"),
        (
            {"ENVIRONMENT": "production", "SEALING_KEYS": SEALING_KEY, "AUTH0_ISSUER": "http://issuer/"},
            "KAKEHASHI_AUTH0_JWKS_URL: must be https://",
        ),
        ({"ALLOWED_ORIGINS": "https://app.example.jp/page"}, "KAKEHASHI_ALLOWED_ORIGINS: use origins such as"),
        ({"ALLOWED_ORIGINS": "https://a.example,*"}, "KAKEHASHI_ALLOWED_ORIGINS: use origins such as"),
        ({"STRIPE_KEY": "pk_live_1"}, "KAKEHASHI_STRIPE_KEY: use a secret or a restricted key of Stripe, which"),
        ({"STRIPE_KEY": ""}, "KAKEHASHI_STRIPE_KEY: use a secret or a restricted key"),
        ({"STRIPE_KEY": "sk_1", "STRIPE_WEBHOOK_SECRET": "sk_1"}, "KAKEHASHI_STRIPE_WEBHOOK_SECRET: use the signing"),
        ({"STRIPE_WEBHOOK_SECRET": "whsec_1"}, "KAKEHASHI_STRIPE_KEY: is needed with"),
        ({"STRIPE_API_BASE": "https://stripe.example.jp/"}, "KAKEHASHI_STRIPE_API_BASE: use an address without"),
        ({**SAFE, "STRIPE_API_BASE": "http://127.0.0.1:12111"}, "KAKEHASHI_STRIPE_API_BASE: must be https://"),
        ({"AUTH0_JWKS_URL": "https://issuer/keys"}, "KAKEHASHI_AUTH0_ISSUER: is needed"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_that_names_it(
    without_variables: SetVariables, variables: dict[str, str], line: str
) -> None:
    without_variables(**variables)
    with pytest.raises(WrongSetting) as caught:
        read_settings()
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_a_key_that_seals_is_shown_neither_where_it_is_wrong_nor_with_the_others(
    without_variables: SetVariables,
) -> None:
    without_variables(SEALING_KEYS=f"{SEALING_KEY},{OLDER_KEY[1:]}")
    with pytest.raises(WrongSetting) as caught:
        read_settings()
    assert not any(key in str(caught.value) for key in (SEALING_KEY, OLDER_KEY[1:]))
    without_variables(SEALING_KEYS=f"{SEALING_KEY},{OLDER_KEY}")
    assert not any(key in repr(read_settings()) for key in (SEALING_KEY, OLDER_KEY))


def test_how_stripe_is_reached_is_known_and_its_secrets_are_shown_to_nobody(without_variables: SetVariables) -> None:
    without_variables(
        ALLOWED_ORIGINS="https://app.example.jp", **{name.upper(): one for name, one in OF_STRIPE.items()}
    )
    settings = read_settings()
    found = settings.payments
    assert found is not None
    assert (found.key, found.webhook_secret, found.api_base) == tuple(OF_STRIPE.values())
    assert found.pages == {"https://app.example.jp"}
    assert not any(secret in repr(settings) + repr(found) for secret in ("rk_live_1", "whsec_1"))


def test_what_is_no_key_of_stripe_is_shown_to_nobody(without_variables: SetVariables) -> None:
    for name in ("STRIPE_KEY", "STRIPE_WEBHOOK_SECRET"):
        without_variables(**{"STRIPE_KEY": "sk_test_1", name: "mistyped"})
        with pytest.raises(WrongSetting) as caught:
            read_settings()
        assert "mistyped" not in str(caught.value)


def test_what_an_older_key_sealed_is_opened_and_the_first_key_seals(without_variables: SetVariables) -> None:
    without_variables(SEALING_KEYS=OLDER_KEY)
    older = read_settings().sealer()
    without_variables(SEALING_KEYS=f"{SEALING_KEY},{OLDER_KEY}")
    both = read_settings().sealer()
    without_variables(SEALING_KEYS=SEALING_KEY)
    newer = read_settings().sealer()
    assert both.opened(older.seal("secret")) == newer.opened(both.seal("secret")) == "secret"
    with pytest.raises(WrongSeal):
        newer.opened(older.seal("secret"))
