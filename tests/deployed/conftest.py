"""The deployed stack, as its operator and its clients see it."""

import io
import json
import os
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass

import boto3
import openai
import pytest
import urllib3

STACK = os.environ["STACK"]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


@dataclass
class Reply:
    status: int
    headers: dict
    body: object


@dataclass
class Gateway:
    url: str
    master_key: str

    def call(self, method, path, body=None, key=None, headers=None, files=None):
        """`files` are sent as a form's, by their names, in place of a JSON body."""
        data, kind = None if body is None else json.dumps(body).encode(), "application/json"
        if files:
            fields = [("files[]", (name, content)) for name, content in files.items()]
            data, kind = urllib3.encode_multipart_formdata(fields)
        request = urllib.request.Request(self.url + path, method=method)
        given = {"authorization": f"Bearer {key or self.master_key}", "content-type": kind, **(headers or {})}
        for name, value in given.items():
            request.add_header(name, value)
        try:
            answer = urllib.request.urlopen(request, data, timeout=60)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        text = answer.read()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = text
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, parsed)

    def new_key(self, **fields):
        reply = self.call("POST", "/key/generate", fields)
        assert reply.status == 200, reply
        return reply.body["key"]

    def sdk(self, key):
        return openai.OpenAI(base_url=self.url, api_key=key, max_retries=0, timeout=60)


@pytest.fixture(scope="session")
def outputs():
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.fixture(scope="session")
def gateway(outputs):
    unpack_layer(os.environ["CONFIG_FOLDER"])
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=outputs["SecretArn"])["SecretString"]
    deployed = f"{ENDPOINT}/restapis/{outputs['RestApiId']}/prod/_user_request_"
    # tests/sam-local puts its own API in front of the same tables, queue and secret.
    return Gateway(os.environ.get("GATEWAY_URL", deployed), json.loads(secret)["LITELLM_MASTER_KEY"])


def unpack_layer(folder):
    """Lambda would mount the layer at /opt."""
    functions = boto3.client("lambda")
    layer = next(layer for layer in functions.list_layers()["Layers"])
    version = layer["LatestMatchingVersion"]["Version"]
    content = functions.get_layer_version(LayerName=layer["LayerName"], VersionNumber=version)["Content"]
    with urllib.request.urlopen(content["Location"]) as archive:
        zipfile.ZipFile(io.BytesIO(archive.read())).extractall(folder)


def function_name(logical_id):
    resource = boto3.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    return resource["StackResourceDetail"]["PhysicalResourceId"]


def function_logs(logical_id):
    logs = boto3.client("logs")
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=function_name(logical_id))
    group = configuration.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{configuration['FunctionName']}")
    try:
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def eventually(question, seconds=30):
    """The first true answer, asked twice a second."""
    ends = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > ends:
            return answer
        time.sleep(0.5)
