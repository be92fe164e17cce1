//! Whole configurations, and what is wrong with bad ones.

use serde_json::json;

use super::*;

fn env(name: &str) -> Option<String> {
    let value = match name {
        "REGION" => "eu",
        "TENANT_TOKEN" => "Bearer t",
        "AWS_SECRET" => "aws-secret",
        "MASTER" => "sk-master-of-the-house",
        "OPENAI_API_KEY" => "sk-from-the-environment",
        "LIMIT" => "7",
        _ => return None,
    };
    Some(value.to_owned())
}

fn parse(yaml: &str) -> Result<(Config, Vec<Warning>), ConfigError> {
    Config::parse(yaml, &env)
}

fn full() -> (Config, Vec<Warning>) {
    parse(include_str!("fixtures/full.yaml")).unwrap()
}

#[test]
fn deployments() {
    let (config, _) = full();
    let [openai, azure, twin, bedrock, vertex] = config.model_list.as_slice() else { panic!("five deployments") };
    assert_eq!((openai.model_name.as_str(), openai.model.as_str()), ("gpt-4o", "openai/gpt-4o"));
    assert_eq!(openai.api_key().unwrap().expose(), "sk-from-the-file");
    assert_eq!(openai.params["api_base"], "https://api.example/v1");
    assert_eq!(openai.params["temperature"], 0.2);
    assert_eq!(openai.params["extra_headers"]["authorization"], "Bearer t");
    assert_eq!(openai.params["input_cost_per_token"].to_string(), "2.5e-6");
    assert_eq!((openai.settings.rpm, openai.settings.timeout), (Some(120.0), Some(600.0)));
    assert_eq!(openai.settings.drop_params, Some(true));
    assert_eq!(openai.access_groups().collect::<Vec<_>>(), ["beta", "default"]);
    assert_eq!(openai.info("mode"), Some("chat"));
    assert!(openai.missing_variables.is_empty());
    assert!(openai.id.len() == 64 && openai.id.bytes().all(|byte| byte.is_ascii_hexdigit()));

    assert_eq!(azure.missing_variables, ["NOT_SET_ANYWHERE"]);
    assert!(azure.api_key().is_none());
    assert_eq!((azure.settings.weight, azure.settings.order), (Some(2.0), Some(1)));
    assert_eq!(twin.model, azure.model);
    assert_ne!(twin.id, azure.id);

    assert_eq!((bedrock.id.as_str(), bedrock.info_settings.cooldown_time), ("42", Some(3.0)));
    assert_eq!(bedrock.params["aws_region_name"], "eu-west-1");
    let names: Vec<&str> = bedrock.secrets.keys().map(String::as_str).collect();
    assert_eq!(names, ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]);
    assert_eq!(bedrock.secrets["aws_secret_access_key"].expose(), "aws-secret");

    assert_eq!(vertex.params["max_tokens"], 4096);
    assert!(vertex.secrets["vertex_credentials"].expose().contains("service_account"));
}

#[test]
fn no_secret_is_shown() {
    let (config, warnings) = full();
    let shown: String = config.model_list.iter().map(|it| json!(it.public_params()).to_string()).collect();
    let debug = format!("{config:?} {warnings:?}");
    for secret in ["sk-from-the-file", "aws-secret", "AKIDEXAMPLE", "PEM", "sk-master", "Bearer t"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
        assert!(!debug.contains(secret), "{secret} is in {debug}");
    }
    assert!(shown.contains("api.example"));
}

#[test]
fn settings() {
    let (config, _) = full();
    let (general, litellm, router) = (&config.general_settings, &config.litellm_settings, &config.router_settings);
    assert_eq!(general.master_key.as_ref().unwrap().expose(), "sk-master-of-the-house");
    assert_eq!(general.public_routes, ["/status"]);
    assert_eq!(general.token_rate_limit_type, crate::limits::TokenKind::Output);
    assert_eq!(general.user_api_key_cache_ttl, 10.0);
    assert!(litellm.drop_params && !litellm.modify_params);
    assert_eq!(litellm.request_timeout, Some(30.0));
    assert_eq!(litellm.timezone.iana_name(), Some("Europe/Paris"));
    assert_eq!(litellm.budget_exceeded_status_code, 422);
    assert_eq!(litellm.cost_margin_config["openai"]["fixed_amount"], 0.001);
    assert_eq!((router.num_retries, router.model_group_alias["quiet"].hidden), (Some(4), true));
    assert_eq!(config.variable("AZURE_REGION", &env).unwrap().expose(), "eu");
    assert_eq!(config.variable("OPENAI_API_KEY", &env).unwrap().expose(), "sk-from-the-file");
    assert_eq!(config.variable("AWS_SECRET", &env).unwrap().expose(), "aws-secret");
    assert!(config.variable("NOPE", &env).is_none());
}

#[test]
fn warnings() {
    let (_, warnings) = full();
    let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let lost = "the environment variable NOT_SET_ANYWHERE is not set; this deployment refuses every call";
    let ignored = [
        "general_settings.database_url",
        "general_settings.store_model_in_db",
        "guardrails",
        "litellm_settings.cache",
        "litellm_settings.cache_params",
        "litellm_settings.callbacks",
        "litellm_settings.default_key_generate_params.guardrails",
        "litellm_settings.success_callback",
        "mcp_servers",
        "model_list[].litellm_params.tags",
        "model_list[].model_info.health_check_model",
        "router_settings.redis_host",
        "router_settings.routing_strategy (usage-based-routing-v2; simple-shuffle is used)",
        "x-defaults",
    ];
    let expected = [
        format!("model_list[1].litellm_params.api_key: {lost}"),
        format!("model_list[2].litellm_params.api_key: {lost}"),
        format!("settings without effect here: {}", ignored.join(", ")),
    ];
    assert_eq!(shown, expected);
}

/// Consumers and jobs run without the secret that holds the master key.
#[test]
fn missing_master_key() {
    let (config, warnings) = parse("general_settings: {master_key: os.environ/NOPE, public_routes: [/a]}").unwrap();
    assert!(config.general_settings.master_key.is_none());
    assert_eq!(config.general_settings.public_routes, ["/a"]);
    let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["general_settings.master_key: the environment variable NOPE is not set"]);
}

#[test]
fn small_configurations() {
    for yaml in ["", "\n# nothing\n", "model_list:\n", "{}", "general_settings: {}\nlitellm_settings:\n"] {
        let (config, warnings) = parse(yaml).unwrap();
        assert!(config.model_list.is_empty() && warnings.is_empty(), "{yaml}");
    }
    let (config, _) = parse("model_list: [{model_name: 4, litellm_params: {model: a}}]\nmodel_list: []").unwrap();
    assert!(config.model_list.is_empty(), "the last of equal keys wins");
}

#[test]
fn refusals() {
    let check = |yaml: &str, expected: &str| match parse(yaml) {
        Ok(_) => panic!("accepted: {yaml}"),
        Err(error) => assert_eq!(error.to_string(), expected, "{yaml}"),
    };
    let model = |params: &str| {
        format!(
            "model_list:\n- {{model_name: a, litellm_params: {{model: b}}}}\n- {{model_name: c, litellm_params: {params}}}"
        )
    };
    check("[]", "the configuration: expected a mapping, found a list");
    check("include: [other.yaml]", "include: including other files is not supported; merge them into one file");
    check("model_list: {}", "model_list: expected a list, found a mapping");
    check("model_list: [x]", "model_list[0]: expected a mapping, found a string");
    check("model_list: [{litellm_params: {model: a}}]", "model_list[0].model_name: missing");
    check("model_list: [{model_name: a}]", "model_list[0].litellm_params: missing");
    check(&model("{api_key: x}"), "model_list[1].litellm_params.model: missing");
    check(&model("{model: [x]}"), "model_list[1].litellm_params.model: expected a string, found a list");
    check(
        &model("{model: os.environ/NOPE}"),
        "model_list[1].litellm_params.model: the environment variable NOPE is not set",
    );
    check(
        &model("{model: x, rpm: many}"),
        "model_list[1].litellm_params.rpm: expected a number of at least 0, found a string",
    );
    check(
        &model("{model: x, weight: -1}"),
        "model_list[1].litellm_params.weight: expected a number of at least 0, found a number",
    );
    check(&model("{model: x, api_key: [k]}"), "model_list[1].litellm_params.api_key: expected a string, found a list");
    check("litellm_settings: [a]", "litellm_settings: expected a mapping, found a list");
    check(
        "litellm_settings: {drop_params: maybe}",
        "litellm_settings.drop_params: expected true or false, found a string",
    );
    check(
        "litellm_settings: {num_retries: 1.5}",
        "litellm_settings.num_retries: expected a whole number of at least 0, found a number",
    );
    check(
        "litellm_settings: {timezone: Mars}",
        "litellm_settings.timezone: \"Mars\" is not a time zone name such as Europe/Paris",
    );
    check(
        "litellm_settings: {fallbacks: [{a: b}]}",
        "litellm_settings.fallbacks[0].a: expected a list of model groups",
    );
    check(
        "litellm_settings: {upperbound_key_generate_params: {max_budget: lots}}",
        "litellm_settings.upperbound_key_generate_params.max_budget: expected a number",
    );
    check(
        "general_settings: {public_routes: [{}]}",
        "general_settings.public_routes[0]: expected a string, found a mapping",
    );
    check(
        "general_settings: {litellm_key_header_name: os.environ/NOPE}",
        "general_settings.litellm_key_header_name: the environment variable NOPE is not set",
    );
    check(
        "general_settings: {token_rate_limit_type: all}",
        "general_settings.token_rate_limit_type: expected total, input or output, found a string",
    );
    check("router_settings: {model_group_alias: {a: {}}}", "router_settings.model_group_alias.a.model: missing");
    check(
        "router_settings: {retry_policy: {TimeoutErrorRetries: x}}",
        "router_settings.retry_policy.TimeoutErrorRetries: expected a whole number of at least 0, found a string",
    );
    check(
        "router_settings: {routing_strategy: best}",
        "router_settings.routing_strategy: \"best\" is not one of simple-shuffle, least-busy, latency-based-routing, \
         usage-based-routing, usage-based-routing-v2, cost-based-routing",
    );
}

#[test]
fn bounds() {
    assert!(matches!(parse(&"#".repeat(MAX_BYTES + 1)), Err(ConfigError::TooLarge { .. })));
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (last, name) in ["a", "b", "c", "d", "e", "f", "g", "h"].windows(2).map(|pair| (pair[0], pair[1])) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{last}"); 10].join(", ")));
    }
    assert!(matches!(parse(&bomb), Err(ConfigError::Syntax { .. })));
    assert!(matches!(parse(&"[".repeat(100_000)), Err(ConfigError::Syntax { .. })));
    for yaml in ["a: [", "a: b: c", "%", "a: *nowhere"] {
        let error = parse(yaml).unwrap_err();
        assert!(matches!(error, ConfigError::Syntax { .. }), "{yaml} {error}");
    }
    let error = parse("general_settings:\n  master_key: \"sk-very-secret\n").unwrap_err();
    assert!(!error.to_string().contains("sk-very-secret"), "{error}");
    let long_comments = "# a comment\n".repeat(500);
    assert!(parse(&format!("model_list:\n{long_comments}\n- {{model_name: a, litellm_params: {{model: b}}}}")).is_ok());
}

#[test]
fn ids() {
    let id = |yaml: &str, secret: &'static str| {
        let env = move |_: &str| Some(secret.to_owned());
        Config::parse(yaml, &env).unwrap().0.model_list[0].id.clone()
    };
    let one = id("model_list: [{model_name: a, litellm_params: {model: b, api_key: os.environ/K}}]", "1");
    assert_eq!(one, id("model_list: [{model_name: a, litellm_params: {api_key: os.environ/K, model: b}}]", "2"));
    assert_ne!(one, id("model_list: [{model_name: a, litellm_params: {model: c, api_key: os.environ/K}}]", "1"));
    assert_ne!(one, id("model_list: [{model_name: z, litellm_params: {model: b, api_key: os.environ/K}}]", "1"));
}

#[test]
fn secrets_by_name() {
    let check = |name: &str, expected: bool| {
        let yaml = format!("model_list: [{{model_name: a, litellm_params: {{model: b, {name}: v}}}}]");
        let deployment = &parse(&yaml).unwrap().0.model_list[0];
        assert_eq!(
            (deployment.secrets.contains_key(name), deployment.params.contains_key(name)),
            (expected, !expected),
            "{name}"
        );
    };
    for name in [
        "api_key",
        "aws_secret_access_key",
        "azure_ad_token",
        "client_secret",
        "azure_password",
        "vertex_credentials",
        "aws_web_identity_token",
    ] {
        check(name, true);
    }
    for name in ["api_base", "api_version", "client_id", "tenant_id", "aws_region_name", "vertex_project"] {
        check(name, false);
    }
    let yaml = "model_list: [{model_name: a, litellm_params: {model: b, input_cost_per_token: 1, max_tokens: 5}}]";
    assert!(parse(yaml).unwrap().0.model_list[0].secrets.is_empty());
}

proptest::proptest! {
    /// Whatever is done to a configuration: it is read or refused, and an error shows no credential.
    #[test]
    fn damaged_configurations(place in 0_usize..3000, length in 0_usize..40, text in "[\\PC\n]{0,12}") {
        let mut yaml: Vec<char> = include_str!("fixtures/full.yaml").chars().collect();
        let start = place.min(yaml.len());
        let end = (start + length).min(yaml.len());
        yaml.splice(start..end, text.chars());
        let yaml: String = yaml.into_iter().collect();
        if let Err(error) = parse(&yaml) {
            let shown = error.to_string();
            proptest::prop_assert!(!shown.contains("sk-from-the-file") && !shown.contains("AKIDEXAMPLE"), "{}", shown);
        }
    }
}

#[test]
fn shared_credentials() {
    let (config, warnings) = parse(
        "
credential_list:
  - credential_name: eu
    credential_values: {api_key: os.environ/AWS_SECRET, api_base: https://eu, aws_region_name: os.environ/REGION}
    credential_info: {description: Europe}
  - credential_name: broken
    credential_values: {api_key: os.environ/NOT_SET_ANYWHERE}
    colour: blue
model_list:
  - model_name: a
    litellm_params: {model: azure/a, api_base: https://own, litellm_credential_name: eu}
  - model_name: b
    litellm_params: {model: azure/b, litellm_credential_name: broken}
  - model_name: c
    litellm_params: {model: azure/c, litellm_credential_name: elsewhere}
",
    )
    .unwrap();
    let [a, b, c] = config.model_list.as_slice() else { panic!("three deployments") };
    assert_eq!(a.api_key().unwrap().expose(), "aws-secret");
    assert_eq!(Value::Object(a.params.clone()), json!({"api_base": "https://own", "aws_region_name": "eu"}));
    assert_eq!((b.missing_variables.as_slice(), b.api_key().is_none()), (&["NOT_SET_ANYWHERE".to_owned()][..], true));
    assert!(c.missing_variables.is_empty());
    let ignored = ["credential_list[].colour", "model_list[].litellm_params.litellm_credential_name"];
    assert!(warnings.contains(&Warning::Ignored(ignored.map(str::to_owned).into())), "{warnings:?}");
    for (yaml, path) in [
        ("credential_list: 7", "credential_list"),
        ("credential_list: [{credential_values: {}}]", "credential_list[0].credential_name"),
        ("credential_list: [{credential_name: x, credential_values: 7}]", "credential_list[0].credential_values"),
    ] {
        assert!(parse(yaml).unwrap_err().to_string().starts_with(path), "{yaml}");
    }
}

#[test]
fn callers() {
    let general = |settings: serde_json::Value| {
        let yaml = json!({"general_settings": settings}).to_string();
        parse(&yaml).map(|(config, _)| config).map_err(|error| error.to_string())
    };
    let config = general(json!({
        "allowed_ips": ["10.0.0.1"], "trusted_proxy_ranges": "10.0.0.0/8, ::1",
        "oauth2_config_mappings": {"user_id": "X-User", "models": "X-Models"},
    }));
    let config = config.unwrap();
    assert!(config.jwt.is_none());
    assert!(config.general_settings.allowed_ips.unwrap().contains("10.0.0.1".parse().unwrap()));
    assert!(config.general_settings.trusted_proxy_ranges.contains("10.9.9.9".parse().unwrap()));
    for (settings, expected) in [
        (
            json!({"custom_auth": "mine.auth"}),
            "general_settings.custom_auth: running code of your own is not supported",
        ),
        (json!({"allowed_ips": ["10.0.0.0/40"]}), "general_settings.allowed_ips: \"10.0.0.0/40\" is neither"),
        (json!({"oauth2_config_mappings": {"user_role": "X-Role"}}), "oauth2_config_mappings.user_role: a header may"),
        (json!({"oauth2_config_mappings": {"max_budget": "X"}}), "oauth2_config_mappings.max_budget: a header may"),
        (json!({"role_permissions": [{"role": "customer"}]}), "role_permissions[0].role: must be proxy_admin"),
    ] {
        let error = general(settings.clone()).unwrap_err();
        assert!(error.contains(expected), "{settings}: {error}");
    }
}

#[test]
fn agents() {
    let (config, warnings) = parse(
        "
agent_list:
  - {agent_name: scout, agent_id: a-1, tpm_limit: 5, session_rpm_limit: os.environ/LIMIT, litellm_params: {max_iterations: 3}}
agents: [{agent_name: digger}]
",
    )
    .unwrap();
    let names: Vec<_> = config.agents.iter().map(|it| (it.agent_id.as_str(), it.agent_name.as_str())).collect();
    assert_eq!(names, [("a-1", "scout"), ("digger", "digger")]);
    assert_eq!((config.agents[0].tpm_limit, config.agents[0].session_rpm_limit), (Some(5), Some(7)));
    assert_eq!(config.agent("scout").map(|it| it.agent_id.as_str()), Some("a-1"));
    assert!(config.agent("nobody").is_none());
    assert_eq!(warnings, [Warning::Ignored(vec!["agent_list[0].litellm_params".to_owned()])]);
    for (yaml, expected) in [
        ("agent_list: 7", "agent_list: "),
        ("agent_list: [{rpm_limit: 1}]", "agent_list[0].agent_name"),
        ("agents: [{agent_name: x, rpm_limit: -1}]", "agents[0].rpm_limit"),
        ("agents: [{agent_name: x}]\nagent_list: [{agent_id: x}]", "agents[0]: there is another agent"),
    ] {
        let error = parse(yaml).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{yaml}: {error}");
    }
}
