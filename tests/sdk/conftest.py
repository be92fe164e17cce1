"""One stand-in, one provider of tool sessions and one local server for all tests; every test has a key of its own."""

import anthropic
import openai
import pytest

from gateway import PROVIDER_KEY, Gateway, StandIn
from provider import Provider
from provider.bedrock import ACCESS_KEY, REGION, SECRET_KEY

MODELS = ["gpt-4o", "claude"]


# Models of the tool sessions, by the provider that serves them.
SESSION_MODELS = {"anthropic": "claude-direct", "bedrock": "bedrock-sonnet", "gemini": "gemini-pro"}


def config(stand_in, provider):
    def model(name, model, base, **more):
        params = {"model": model, "api_base": base, "api_key": PROVIDER_KEY} | more
        return {"model_name": name, "litellm_params": params}

    pair = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    aws = {"api_key": None, "aws_region_name": REGION, **pair}
    sessions = [
        ("claude-direct", "anthropic/claude-sonnet-4-5", provider, {}),
        ("bedrock-sonnet", "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", provider, aws),
        ("gemini-pro", "gemini/gemini-3.1-pro-preview", provider, {}),
    ]
    return {
        "model_list": [
            model("gpt-4o", "openai/gpt-4o", f"{stand_in}/v1"),
            model("claude", "anthropic/claude-sonnet-4-5", stand_in),
            model("wrong-credential", "openai/gpt-4o", f"{stand_in}/v1", api_key="sk-invalid"),
            model("unreachable", "openai/gpt-4o", "http://127.0.0.1:9/v1"),
            model("openai/*", "openai/*", f"{stand_in}/v1"),
            *(model(name, *where, **more) for name, *where, more in sessions),
            # What codex always sends, not every provider has.
            *(model(f"{name}-dropping", *where, drop_params=True, **more) for name, *where, more in sessions),
        ],
        "general_settings": {"user_api_key_cache_ttl": 1},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }


@pytest.fixture(scope="session")
def stand_in():
    running = StandIn()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def serving():
    running = Provider(PROVIDER_KEY)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def gateway(stand_in, serving, tmp_path_factory):
    running = Gateway(tmp_path_factory.mktemp("gateway"), config(stand_in.url, serving.url))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def fresh(stand_in):
    stand_in.reset()


@pytest.fixture(params=MODELS)
def model(request):
    """Every test with a model runs over both wire formats."""
    return request.param


@pytest.fixture
def key(gateway):
    return gateway.new_key()


@pytest.fixture
def client(gateway, key):
    """The SDK without retries of its own."""
    return openai.OpenAI(base_url=gateway.url + "/v1", api_key=key, max_retries=0, timeout=30)


@pytest.fixture
def client_of(gateway):
    """Makes an SDK client for a key."""

    def make(key, **more):
        return openai.OpenAI(**{"base_url": gateway.url + "/v1", "api_key": key, "max_retries": 0, "timeout": 30} | more)

    return make


@pytest.fixture
def claude_client(gateway, key):
    """Anthropic's SDK without retries of its own."""
    return anthropic.Anthropic(base_url=gateway.url, api_key=key, max_retries=0, timeout=30)


@pytest.fixture
def provider(serving):
    """The provider of tool sessions at the beginning of one."""
    serving.begin()
    return serving


@pytest.fixture(params=SESSION_MODELS)
def served(request):
    """Every session runs over each provider: the name of the model there."""
    return SESSION_MODELS[request.param]
