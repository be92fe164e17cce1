"""One stand-in and one local server for all tests; every test has a key of its own."""

import openai
import pytest

from gateway import PROVIDER_KEY, Gateway, StandIn

MODELS = ["gpt-4o", "claude"]


def config(stand_in):
    def model(name, model, base, **more):
        params = {"model": model, "api_base": base, "api_key": PROVIDER_KEY, **more}
        return {"model_name": name, "litellm_params": params}

    return {
        "model_list": [
            model("gpt-4o", "openai/gpt-4o", f"{stand_in}/v1"),
            model("claude", "anthropic/claude-sonnet-4-5", stand_in),
            model("wrong-credential", "openai/gpt-4o", f"{stand_in}/v1", api_key="sk-invalid"),
            model("unreachable", "openai/gpt-4o", "http://127.0.0.1:9/v1"),
            model("openai/*", "openai/*", f"{stand_in}/v1"),
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
def gateway(stand_in, tmp_path_factory):
    running = Gateway(tmp_path_factory.mktemp("gateway"), config(stand_in.url))
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
