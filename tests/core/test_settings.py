"""One Redis URL, as each of the libraries spells it."""

from __future__ import annotations

import base64

import pytest
from limits.storage import RedisStorage, storage_from_string

from app.core.errors import BadSetting
from app.core.settings import Settings, load

GIVEN = {
    **{
        f"SPEAN_{role}_URL": f"postgresql://spean_{role.lower()}:x@/spean"
        for role in ("WEB", "PUBLIC", "WORKER", "PUBLISHER")
    },
    "SPEAN_SECRET_KEY": "s" * 32,
    "SPEAN_KEK": base64.b64encode(bytes(32)).decode(),
}
SOCKET = "unix://:pa%2Fss@/run/spean/redis.sock?db=0"


def settings(**given: str) -> Settings:
    return load({**GIVEN, **given})


def test_a_socket_for_celery() -> None:
    """Celery connects by it when the launcher's own tests start a worker."""
    expected = "redis+socket://:pa%2Fss@/run/spean/redis.sock?virtual_host=0"
    assert settings(SPEAN_REDIS_URL=SOCKET).broker_url == expected


def test_a_socket_for_the_rate_limits() -> None:
    storage = storage_from_string(settings(SPEAN_REDIS_URL=SOCKET).limits_url)
    assert isinstance(storage, RedisStorage)
    connection = storage.storage.connection_pool.connection_kwargs
    assert (connection["path"], connection["password"]) == ("/run/spean/redis.sock", "pa/ss")


@pytest.mark.parametrize("url", ["redis://:p@host:6379/1", "rediss://:p@host:6380/0"])
def test_over_the_network_all_spell_alike(url: str) -> None:
    found = settings(SPEAN_REDIS_URL=url)
    assert (found.redis_url, found.broker_url, found.limits_url) == (url, url, url)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SPEAN_REDIS_URL", "http://x", "SPEAN_REDIS_URL must start with redis:// or rediss:// or unix://."),
        ("SPEAN_SECRET_KEY", "short", "SPEAN_SECRET_KEY is too short: at least 32 characters are needed."),
        ("SPEAN_KEK", "%%%", "The key-encryption key is not base64."),
        ("SPEAN_KEK", "AAAA", "The key-encryption key must be 32 bytes."),
        ("SPEAN_WEB_URL", "", "SPEAN_WEB_URL is not set."),
    ],
)
def test_a_bad_one_stops_the_start_with_a_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(BadSetting, match="^" + sentence.replace(".", r"\.") + "$"):
        settings(**{"SPEAN_REDIS_URL": SOCKET, name: value})
