use super::*;
use crate::{Environment, Start};

async fn refused(settings: &str, megabytes: &str, url: &str) -> ProviderError {
    let env = Environment::isolated()
        .with("AWS_REGION", "us-east-1")
        .with("LITELLM_MASTER_KEY", "sk-7c1f0a9be24d4d6f")
        .with("MAX_IMAGE_URL_DOWNLOAD_SIZE_MB", megabytes);
    let config = Some(format!("litellm_settings: {settings}"));
    let app = App::start(Start { env, config, allow_weak_master_key: false, with_secrets: false }).await.unwrap();
    download(&app, "bedrock", &[url.to_owned()]).await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_is_litellms_and_names_the_url_without_its_query() {
    // Port 9 discards; nothing listens there.
    let url = "http://127.0.0.1:9/a.png?signature=hidden";
    for (settings, megabytes, expected) in [
        ("{}", "", "the URL does not lead to a public address"),
        ("{user_url_validation: true}", "50", "the URL does not lead to a public address"),
        ("{user_url_validation: false}", "", "the server cannot be reached"),
        ("{user_url_allowed_hosts: ['127.0.0.1:9']}", "", "the server cannot be reached"),
        ("{user_url_allowed_hosts: ['127.0.0.1:8']}", "", "the URL does not lead to a public address"),
        ("{user_url_validation: false}", "0", "downloading files from URLs is disabled here"),
    ] {
        let error = refused(settings, megabytes, url).await;
        assert_eq!((error.class, error.status), (ErrorClass::ImageFetch, 400));
        assert_eq!(error.message, format!("Unable to fetch http://127.0.0.1:9/a.png: {expected}"), "{settings}");
    }
}
