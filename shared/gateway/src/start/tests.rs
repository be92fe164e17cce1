use super::*;

const STRONG: &str = "sk-7c1f0a9be24d4d6f";

async fn start(config: &str, key: Option<&str>) -> Result<App, String> {
    let env =
        Environment::isolated().with("AWS_REGION", "us-east-1").with("LITELLM_MASTER_KEY", key.unwrap_or_default());
    let start = Start { env, config: Some(config.to_owned()), allow_weak_master_key: false, with_secrets: false };
    App::start(start).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn starts_only_with_a_strong_master_key() {
    let permissive = "general_settings: {dangerously_permit_weak_or_unset_master_key: true}";
    for (config, key, starts) in [
        ("{}", Some(STRONG), true),
        ("{}", None, false),
        ("{}", Some("sk-1234"), false),
        (permissive, None, true),
        (permissive, Some("sk-1234"), true),
        ("general_settings: {master_key: sk-1234}", Some(STRONG), false),
        ("general_settings: {master_key: sk-7c1f0a9be24d4d6f}", None, true),
        ("general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}", Some(STRONG), true),
    ] {
        assert_eq!(start(config, key).await.is_ok(), starts, "{config} {key:?}");
    }
    let error = start("{}", Some("sk-1234")).await.err().unwrap();
    assert!(!error.contains("1234"), "{error}");
}

#[tokio::test]
async fn says_in_one_line_why_it_does_not_start() {
    for (config, expected) in [
        ("model_list: [{model_name: a, litellm_params: {model: nobody/x}}]", "model_list: a: the model \"nobody/x\""),
        ("model_list: 7", "model_list"),
        ("a: [", "reading the configuration"),
    ] {
        let error = start(config, Some(STRONG)).await.err().unwrap();
        assert!(error.contains(expected) && !error.contains(STRONG), "{config}: {error}");
    }
    let env = Environment::isolated().with("CONFIG_FILE_PATH", "/no/such/file.yaml");
    let start = Start { env, config: None, allow_weak_master_key: false, with_secrets: false };
    let error = App::start(start).await.err().unwrap().to_string();
    assert!(error.starts_with("reading the configuration file /no/such/file.yaml"), "{error}");
}
