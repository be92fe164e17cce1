use std::collections::BTreeMap;

use policy::config::Config;
use serde_json::json;
use upstream::Given;

use super::*;

#[test]
fn a_region_in_the_model_is_seen() {
    for (model, names) in [
        ("bedrock/us-east-1/anthropic.claude-v2", true),
        ("bedrock/us-gov-west-1/anthropic.claude-v2", true),
        ("bedrock/arn:aws:bedrock:eu-west-1:1:inference-profile/x", true),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", false),
        ("bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0", false),
        ("bedrock/mistral.mixtral-8x7b-instruct-v0:1", false),
    ] {
        assert_eq!(names_region(model), names, "{model}");
    }
}

/// What a deployment's parameters are once the settings and the environment have had their say.
fn completed(params: Value, settings: Value, env: &[(&str, &str)]) -> Object {
    let config = json!({"model_list": [{"model_name": "m", "litellm_params": params}], "litellm_settings": settings});
    let (config, _) = Config::parse(&config.to_string(), &|_| None).unwrap();
    let env: BTreeMap<&str, &str> = env.iter().copied().collect();
    let variable = |name: &str| env.get(name).map(|it| (*it).to_owned());
    let deployment = &config.model_list[0];
    let (provider, _) = provider_transform::resolve(&deployment.model, None, None).unwrap();
    let credentials = Credentials::new(&Given {
        params: &deployment.params,
        secrets: &deployment.secrets,
        key_env: &[],
        env: &variable,
        azure_managed_identity: false,
    });
    let mut params = deployment.params.clone();
    let settings = &config.litellm_settings;
    let place = Place { deployment, provider, settings, credentials: &credentials, variable: &variable };
    place.complete(&mut params);
    params
}

#[test]
fn what_the_deployment_leaves_out_is_added() {
    let credentials = json!({"project_id": "of-the-key", "private_key": "hidden"});
    let vertex = |more: Value| {
        let mut params = json!({"model": "vertex_ai/gemini-2.5-pro"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let google = [("VERTEXAI_PROJECT", "env"), ("VERTEXAI_LOCATION", "europe-west1")];
    let region = [("AWS_REGION", "eu-west-1"), ("AWS_REGION_NAME", "eu-west-3")];
    for (params, settings, env, expected) in [
        (json!({"model": "bedrock/x"}), json!({}), &region[..], json!({"aws_region_name": "eu-west-3"})),
        (json!({"model": "bedrock/x"}), json!({}), &region[..1], json!({"aws_region_name": "eu-west-1"})),
        (
            json!({"model": "bedrock/x", "aws_region_name": "own"}),
            json!({}),
            &region[..],
            json!({"aws_region_name": "own"}),
        ),
        (json!({"model": "bedrock/us-east-1/x"}), json!({}), &region[..], json!({})),
        (
            json!({"model": "bedrock/x", "model_id": "arn:aws:bedrock:us-east-1:1:x"}),
            json!({}),
            &region[..],
            json!({"model_id": "arn:aws:bedrock:us-east-1:1:x"}),
        ),
        (
            json!({"model": "bedrock/us-east-1/x"}),
            json!({}),
            &[("AWS_BEDROCK_RUNTIME_ENDPOINT", "https://vpce")],
            json!({"api_base": "https://vpce"}),
        ),
        (
            json!({"model": "bedrock/us-east-1/x", "aws_bedrock_runtime_endpoint": "https://own"}),
            json!({}),
            &[("AWS_BEDROCK_RUNTIME_ENDPOINT", "https://vpce")],
            json!({"aws_bedrock_runtime_endpoint": "https://own"}),
        ),
        (vertex(json!({})), json!({}), &google, json!({"vertex_project": "env", "vertex_location": "europe-west1"})),
        (
            vertex(json!({"vertex_credentials": credentials})),
            json!({}),
            &[("GOOGLE_CLOUD_PROJECT", "of-the-machine")],
            json!({"vertex_project": "of-the-key"}),
        ),
        (vertex(json!({})), json!({}), &[("GOOGLE_CLOUD_PROJECT", "machine")], json!({"vertex_project": "machine"})),
        (
            vertex(json!({"vertex_ai_project": "own", "vertex_location": "here", "vertex_credentials": credentials})),
            json!({"vertex_project": "set", "vertex_location": "there"}),
            &google,
            json!({"vertex_ai_project": "own", "vertex_project": "own", "vertex_location": "here"}),
        ),
        (
            vertex(json!({"vertex_credentials": credentials})),
            json!({"vertex_project": "set", "vertex_location": "there"}),
            &google,
            json!({"vertex_project": "set", "vertex_location": "there"}),
        ),
        (
            json!({"model": "azure/x"}),
            json!({}),
            &[("AZURE_API_BASE", "https://a"), ("AZURE_API_VERSION", "v1")],
            json!({"api_base": "https://a", "api_version": "v1"}),
        ),
        (json!({"model": "openai/x"}), json!({}), &region[..], json!({})),
    ] {
        let completed = Value::Object(completed(params.clone(), settings.clone(), env));
        assert_eq!(completed, expected, "{params} {settings} {env:?}");
    }
}
