"""Checks template.yaml more strictly than `sam validate --lint` does alone. Needs no AWS account.

    .venv-tools/bin/python tests/check_template.py
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("SAM_CLI_TELEMETRY", "0")

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

TEMPLATE = "template.yaml"
TOOLS = os.path.dirname(sys.executable)
# Routes that wait for a model: what a client may ask to have streamed.
STREAMING = ("/chat/completions", "/completions", "/messages", "/responses")
# AWS's own limits, which no linter counts: resources of a stack, resources of a REST API (a path's segments), and the
# 20 KB of a function's resource policy, in which each route's permission takes up to 450 bytes.
MOST_RESOURCES = 500
MOST_PATHS = 300
MOST_PERMISSIONS = 20480 // 450


class NoManagedPolicies:
    def load(self):
        return {}


def run(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{' '.join(command)}: {done.returncode}")


def methods(api):
    for path, item in api["Properties"]["Body"]["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete", "x-amazon-apigateway-any-method"):
                yield path, method, operation.get("x-amazon-apigateway-integration", {})


def asked_to_stream(template):
    """(path, method) of each event that names a transfer mode, which has one right spelling and no linter."""
    for name, resource in template["Resources"].items():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            route = event["Properties"]
            mode = route.get("ResponseTransferMode") if event["Type"] == "Api" else None
            if mode is not None:
                assert mode == "RESPONSE_STREAM", f"{name} {route['Path']}: {mode} would stay buffered"
                yield route["Path"], route["Method"].lower()


def streamed(expanded):
    for resource in expanded["Resources"].values():
        if resource["Type"] != "AWS::ApiGateway::RestApi":
            continue
        for path, method, integration in methods(resource):
            to_stream = "/response-streaming-invocations" in json.dumps(integration.get("uri", ""))
            assert to_stream == (integration.get("responseTransferMode") == "STREAM"), f"{method} {path} is half streamed"
            if to_stream:
                yield path, method
            else:
                must = method == "post" and path.endswith(STREAMING)
                assert not must, f"{method} {path} waits for a model and does not stream"


def count(expanded):
    resources = expanded["Resources"].values()
    assert len(resources) <= MOST_RESOURCES, f"{len(resources)} resources"
    paths = set()
    for api in (it for it in resources if it["Type"] == "AWS::ApiGateway::RestApi"):
        for path in api["Properties"]["Body"]["paths"]:
            segments = path.strip("/").split("/")
            paths.update("/".join(segments[: end + 1]) for end in range(len(segments)))
    assert len(paths) < MOST_PATHS, f"{len(paths)} path segments"
    permissions = collections.Counter(
        json.dumps(it["Properties"]["FunctionName"]) for it in resources if it["Type"] == "AWS::Lambda::Permission"
    )
    for function, number in permissions.items():
        assert number <= MOST_PERMISSIONS, f"{function} has {number} permissions, more than its policy holds"
    return f"{len(resources)} resources, {len(paths)} path segments, {max(permissions.values())} permissions at most"


def main():
    run(f"{TOOLS}/sam", "validate", "--lint", "--template-file", TEMPLATE, "--region", "us-east-1")
    print("ok - sam validate --lint")
    run(f"{TOOLS}/cfn-lint", "-r", "us-east-1", "-t", TEMPLATE)
    print("ok - cfn-lint of the template")

    with open(TEMPLATE) as source:
        template = yaml_parse(source.read())
    wanted = sorted(asked_to_stream(template))
    for resource in template["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = "s3://checked/nothing"
    expanded = transform(template, {}, NoManagedPolicies())
    with tempfile.NamedTemporaryFile("w", suffix=".json") as plain:
        json.dump(expanded, plain)
        plain.flush()
        # W3005: the transform itself writes redundant DependsOn.
        run(f"{TOOLS}/cfn-lint", "-r", "us-east-1", "-i", "W3005", "-t", plain.name)
    print("ok - cfn-lint of the expanded template")

    print(f"ok - within AWS's limits: {count(expanded)}")

    found = sorted(streamed(expanded))
    assert found == wanted and found, f"streamed {found}, asked for {wanted}"
    print(f"ok - {len(found)} streaming routes")


main()
