"""What was spent is to be seen afterwards, everywhere the same to the last digit."""

import datetime
import hashlib

from gateway import cost, eventually
from test_chat import ask


def day(offset=0):
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def test_one_row_a_call(gateway, client, key, model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=ask("one two three"), user="ann")
    answer = raw.parse()
    [row] = gateway.rows_of(key, 1)
    assert row["spend"] == cost(model, answer.usage)
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (3, 8, 11)
    assert row["api_key"] == hashlib.sha256(key.encode()).hexdigest()
    assert row["model_group"] == model
    assert row["status"] == "success"
    assert row["end_user"] == "ann"
    assert key not in str(row)


def test_a_row_is_found_by_its_request(gateway, client, key):
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
    [row] = gateway.rows_of(key, 1)
    found = gateway.admin("GET", f"/spend/logs?request_id={row['request_id']}").json()
    rows = found["data"] if isinstance(found, dict) else found
    assert key_of(key) in [it["api_key"] for it in rows]
    assert answer.usage.total_tokens == row["total_tokens"]


def test_rows_key_and_report_agree(gateway, client, key):
    total = 0
    for number in range(1, 8):
        for model in ["gpt-4o", "claude"]:
            stream = number % 2 == 0
            answer = client.chat.completions.create(
                model=model,
                messages=ask("word " * number),
                max_tokens=number,
                stream=stream,
                **({"stream_options": {"include_usage": True}} if stream else {}),
            )
            usage = [it for it in answer][-1].usage if stream else answer.usage
            total += cost(model, usage)
    rows = gateway.rows_of(key, 14)
    assert sum(it["spend"] for it in rows) == total
    eventually(lambda: gateway.key_info(key)["spend"] == total, "the key's spend")
    reply = gateway.admin(
        "GET", f"/global/spend/report?start_date={day()}&end_date={day(1)}&group_by=api_key&api_key={key_of(key)}"
    )
    assert reply.status == 200, reply.body
    assert str(total.normalize()) in numbers(reply.json())


def test_spend_shows_on_the_next_answer(gateway, client, key):
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
    spent = cost("gpt-4o", answer.usage)
    eventually(lambda: gateway.key_info(key)["spend"] == spent, "the key's spend")

    def next_header():
        raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ask("hi"))
        return float(raw.headers["x-litellm-key-spend"]) > float(spent)

    eventually(next_header, "the header of the key's spend")


def key_of(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def numbers(value):
    """Every number in a JSON value, as normalised text."""
    if isinstance(value, dict):
        return {it for inner in value.values() for it in numbers(inner)}
    if isinstance(value, list):
        return {it for inner in value for it in numbers(inner)}
    return {str(value.normalize())} if hasattr(value, "normalize") else set()
