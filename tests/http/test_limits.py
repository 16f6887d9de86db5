from __future__ import annotations

from flask import Flask

from app.http.limits import by_address, by_sign_in_name


def _keys(secret: str) -> tuple[str, str]:
    app = Flask("limits")
    app.config["SECRET_KEY"] = secret
    asked = {"method": "POST", "data": {"email": " Dara@Example.org "}, "environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    with app.test_request_context("/sign-in", **asked):
        return by_address(), by_sign_in_name()


def test_what_is_counted_tells_nobody_who_or_from_where() -> None:
    address, name = _keys("one secret")
    assert "192.0.2.7" not in address
    assert "dara" not in name.lower()
    assert _keys("one secret") == (address, name)
    assert set(_keys("another secret")).isdisjoint({address, name})
