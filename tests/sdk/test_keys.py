"""A key's life as an administrator leads it, seen by a client that uses the key."""

import time

import openai
import pytest

from gateway import eventually
from test_chat import ask

# The configured cache time of keys, with some room.
CACHE = 1.5


def works(client):
    try:
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
        return True
    except openai.AuthenticationError:
        return False


def test_a_key_is_told_once_and_kept_as_a_hash(gateway):
    made = gateway.admin("POST", "/key/generate", {"key_alias": "told once", "max_budget": 5}).json()
    secret = made["key"]
    assert secret.startswith("sk-") and len(secret) >= 20
    assert made["key_name"] == f"sk-...{secret[-4:]}"
    reply = gateway.admin("GET", f"/key/info?key={secret}")
    assert secret not in reply.body.decode().replace(f'"key":"{secret}"', "")
    assert reply.json()["info"]["key_alias"] == "told once"
    assert reply.json()["info"]["max_budget"] == 5
    again = gateway.admin("POST", "/key/generate", {"key_alias": "told once"})
    assert again.status == 400, "an alias names one key"


def test_blocking_and_unblocking(gateway, client, key):
    assert works(client)
    assert gateway.admin("POST", "/key/block", {"key": key}).status == 200
    eventually(lambda: not works(client), "a blocked key still works", CACHE * 2)
    assert gateway.admin("POST", "/key/unblock", {"key": key}).status == 200
    eventually(lambda: works(client), "an unblocked key does not work", CACHE * 2)


def test_deleting(gateway, client, key):
    assert works(client)
    assert gateway.admin("POST", "/key/delete", {"keys": [key]}).status == 200
    eventually(lambda: not works(client), "a deleted key still works", CACHE * 2)
    assert gateway.admin("GET", f"/key/info?key={key}").status == 404


def test_regenerating_keeps_what_was_spent(gateway, client, client_of, key):
    assert works(client)
    gateway.rows_of(key, 1)
    spent = eventually(lambda: gateway.key_info(key)["spend"], "spend on the key")
    made = gateway.admin("POST", "/key/regenerate", {"key": key})
    assert made.status == 200, made.body
    new = made.json()["key"]
    assert new != key
    assert works(client_of(new))
    eventually(lambda: not works(client), "the old secret still works", CACHE * 2)
    eventually(lambda: gateway.key_info(new)["spend"] == 2 * spent, "the spend of both secrets in one")


def test_expiry(gateway, client_of):
    key = gateway.new_key(duration="2s")
    client = client_of(key)
    assert works(client)
    time.sleep(2.1)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
    assert caught.value.body["type"] == "expired_key"
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "models, allowed, refused",
    [(["gpt-4o"], "gpt-4o", "claude"), (["openai/*"], "openai/gpt-4o-mini", "claude"), ([], "claude", None)],
)
def test_the_list_of_models(gateway, client_of, stand_in, models, allowed, refused):
    client = client_of(gateway.new_key(models=models))
    client.chat.completions.create(model=allowed, messages=ask("hi"))
    if refused:
        with pytest.raises(openai.PermissionDeniedError) as caught:
            client.chat.completions.create(model=refused, messages=ask("hi"))
        assert (caught.value.body["type"], caught.value.body["param"]) == ("key_model_access_denied", "model")
        assert len(stand_in.calls()) == 1
        assert refused not in {it.id for it in client.models.list()}


def test_an_alias_of_the_key(gateway, client_of, stand_in):
    client = client_of(gateway.new_key(aliases={"best": "gpt-4o"}))
    client.chat.completions.create(model="best", messages=ask("hi"))
    assert stand_in.calls()[0]["model"] == "gpt-4o"


def test_the_list_of_routes(gateway, client_of):
    client = client_of(gateway.new_key(allowed_routes=["/v1/models"]))
    assert client.models.list().data
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"))


def test_updating(gateway, client_of):
    key = gateway.new_key(models=["gpt-4o"])
    client = client_of(key)
    reply = gateway.admin("POST", "/key/update", {"key": key, "models": ["claude"], "metadata": {"team": "sea"}})
    assert reply.status == 200, reply.body
    assert gateway.key_info(key)["metadata"]["team"] == "sea"
    time.sleep(CACHE)
    client.chat.completions.create(model="claude", messages=ask("hi"))
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"))


def test_listing(gateway):
    gateway.new_key(key_alias="listed")
    reply = gateway.admin("GET", "/key/list?return_full_object=true&size=100")
    assert reply.status == 200
    assert "listed" in [it["key_alias"] for it in reply.json()["keys"]]


def test_a_client_is_no_administrator(gateway, key):
    for path, body in [("/key/delete", {"keys": ["sk-other"]}), ("/key/update", {"key": key, "max_budget": 100})]:
        reply = gateway.admin("POST", path, body, key=key)
        assert reply.status in (401, 403), (path, reply.body)
    assert gateway.key_info(key)["max_budget"] is None
