"""The stack does its work through the API Gateway URL, and no function can do more than its policy says."""

from decimal import Decimal

import boto3
import openai
import pytest
from botocore.exceptions import ClientError

from conftest import STACK, eventually, function_logs, function_name

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


def rows_of(gateway, key, count=1):
    def enough():
        reply = gateway.call("GET", f"/spend/logs?api_key={key}")
        return reply.body if reply.status == 200 and len(reply.body) >= count else None

    return eventually(enough)


def spend_of(gateway, key):
    return Decimal(str(gateway.call("GET", f"/key/info?key={key}").body["info"]["spend"]))


@pytest.mark.parametrize("path", ["/health/liveliness", "/v1/models"])
def test_answers(gateway, path):
    assert gateway.call("GET", path).status == 200


def test_strangers_are_refused(gateway):
    assert gateway.call("GET", "/v1/models", key="sk-nobody").status == 401
    assert gateway.call("POST", "/key/generate", {}, key="sk-nobody").status == 401


@pytest.mark.parametrize("model", ["demo", "gpt-4o", "claude-sonnet-4-5"])
def test_a_chat_is_answered_and_paid_for_once(gateway, model):
    key = gateway.new_key()
    answer = gateway.sdk(key).chat.completions.with_raw_response.create(model=model, messages=QUESTION)
    completion = answer.parse()
    assert completion.choices[0].message.content
    cost = Decimal(answer.headers["x-litellm-response-cost"])
    assert cost > 0

    rows = rows_of(gateway, key)
    assert rows and len(rows) == 1, rows
    assert Decimal(str(rows[0]["spend"])) == cost
    assert eventually(lambda: spend_of(gateway, key) == cost)


def test_a_stream_is_answered_and_paid_for_once(gateway):
    key = gateway.new_key()
    options = {"include_usage": True}
    chunks = list(gateway.sdk(key).chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True, stream_options=options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage.completion_tokens > 0
    rows = rows_of(gateway, key)
    assert rows and len(rows) == 1 and rows[0]["completion_tokens"] == chunks[-1].usage.completion_tokens, rows


def test_a_budget_holds(gateway):
    key = gateway.new_key(max_budget=0.000001)
    client = gateway.sdk(key)
    client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    with pytest.raises(openai.APIStatusError) as refusal:
        for _ in range(5):
            client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert "udget" in str(refusal.value)


def test_the_queue_drains(gateway, outputs):
    queue = boto3.client("sqs")

    def empty():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = queue.get_queue_attributes(QueueUrl=outputs["SpendQueueUrl"], AttributeNames=names)["Attributes"]
        return all(int(counts[name]) == 0 for name in names)

    assert eventually(empty)
    dead = queue.get_queue_attributes(QueueUrl=outputs["SpendDeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"])
    assert dead["Attributes"]["ApproximateNumberOfMessages"] == "0"


# What is reserved to some functions (True) or kept from some (False); that the policies let functions do their own work is
# what test_journey.py shows.
INFERENCE = {"ChatCompletionsFunction", "GoogleNativeFunction", "MessagesFunction", "ResponsesFunction"}
JOBS = {"ResetBudgetsFunction", "RotateKeysFunction", "SpendWriterFunction"}
RESERVED = [
    ("dynamodb", "put_item", "CacheTableName", True, INFERENCE),
    ("dynamodb", "put_item", "CountersTableName", True, set()),
    ("dynamodb", "put_item", "SpendTableName", True, {"SpendWriterFunction"}),
    ("dynamodb", "scan", "CacheTableName", True, set()),
    ("dynamodb", "scan", "CountersTableName", True, set()),
    ("dynamodb", "scan", "EntitiesTableName", True, set()),
    ("dynamodb", "scan", "SpendTableName", True, set()),
    ("sqs", "receive_message", "SpendQueueUrl", True, {"SpendWriterFunction"}),
    ("sqs", "send_message", "SpendQueueUrl", True, INFERENCE | {"HealthFunction", "ResetBudgetsFunction"}),
    ("secretsmanager", "get_secret_value", "SecretArn", False, JOBS),
]


def all_functions():
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return {it["LogicalResourceId"] for it in resources if it["ResourceType"] == "AWS::Lambda::Function"}


def role_of(logical_id):
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=function_name(logical_id))
    return configuration["Role"]


def attempt(client, action, target):
    item = {"pk": {"S": "TEST"}, "sk": {"S": "TEST"}}
    arguments = {
        "put_item": {"TableName": target, "Item": item},
        "scan": {"TableName": target, "Limit": 1},
        "receive_message": {"QueueUrl": target},
        "send_message": {"QueueUrl": target, "MessageBody": "{}"},
        "get_secret_value": {"SecretId": target},
    }
    return getattr(client, action)(**arguments[action])


def is_denied(function, service, action, target):
    lent = boto3.client("sts").assume_role(RoleArn=role_of(function), RoleSessionName="test")["Credentials"]
    client = boto3.client(
        service,
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )
    try:
        attempt(client, action, target)
    except ClientError as refusal:
        return refusal.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


@pytest.mark.parametrize("service, action, target, may, functions", RESERVED)
def test_a_role_that_oversteps_is_denied(outputs, service, action, target, may, functions):
    everyone = all_functions()
    assert functions < everyone
    others = everyone - functions if may else functions
    assert not [name for name in sorted(others) if not is_denied(name, service, action, outputs[target])]


def test_the_schedule_fires():
    """Deployed with a schedule of a minute. Nobody else invokes the job meanwhile, so another line of its log is the schedule's."""
    before = len(function_logs("ResetBudgetsFunction"))
    assert eventually(lambda: len(function_logs("ResetBudgetsFunction")) > before, seconds=90)


def test_a_function_without_its_policy_fails_closed(gateway):
    """Last, since it breaks the stack: the running function itself is denied, not only its role's credentials."""
    role = role_of("KeysFunction").rsplit("/", 1)[1]
    iam = boto3.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    reply = gateway.call("POST", "/key/generate", {})
    assert reply.status >= 500, reply
    assert "AccessDenied" not in str(reply.body) and "arn:aws" not in str(reply.body), reply
    assert eventually(lambda: any("AccessDenied" in line or "not authorized" in line for line in function_logs("KeysFunction")))
