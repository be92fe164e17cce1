"""Every route that is deployed is asked once, so that each function is seen to have the permissions that its work takes."""

import datetime
import json
import pathlib
import re

import boto3

STEPS = json.loads((pathlib.Path(__file__).parent / "journey.json").read_text())


def filled(value, kept):
    """The step's `{name}`s, by what earlier answers held."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda name: kept[name[1]], value)
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, kept) for name, item in value.items()}
    return value


def test_each_route_does_its_work(gateway):
    today, day = datetime.date.today(), datetime.timedelta(days=1)
    kept = {"yesterday": str(today - day), "tomorrow": str(today + day)}
    failures = []
    for step in STEPS:
        method, path = filled(step["call"], kept).split(" ", 1)
        names = ("body", "key", "headers", "files")
        reply = gateway.call(method, path, **{name: filled(step[name], kept) for name in names if name in step})
        answered = step.get("answered", {})
        if reply.status != step.get("status", 200) or any(reply.headers.get(name) != value for name, value in answered.items()):
            failures.append((step["call"], reply.status, reply.body))
        for name, field in step.get("keep", {}).items():
            assert reply.status == 200, (step["call"], reply)
            kept[name] = reply.body[field]
    assert not failures, "\n".join(map(str, failures))


def test_the_journey_leaves_out_no_route(outputs):
    pages = boto3.client("apigateway").get_paginator("get_resources").paginate(restApiId=outputs["RestApiId"], limit=500, embed=["methods"])
    deployed = {
        (method, resource["path"])
        for page in pages
        for resource in page["items"]
        for method in resource.get("resourceMethods", {})
        if method != "OPTIONS"
    }
    asked = [step["call"].split("?")[0].split(" ", 1) for step in STEPS]

    def is_asked(method, path):
        pattern = re.sub(r"\\\{\w+(\\\+)?\\\}", lambda part: ".+" if part[1] else "[^/]+", re.escape(path))
        return any(method == its and re.fullmatch(pattern, way) for its, way in asked)

    assert deployed
    assert not sorted(route for route in deployed if not is_asked(*route))
