//! What several tests of this crate need.

use std::path::{Path, PathBuf};

use gateway::{App, Environment, Start};

use crate::aws::Aws;
use crate::template::{TEMPLATE, Template};

/// A folder that goes away with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("local-{}", gateway::new_id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// An application that is asked nothing of its state.
pub(crate) async fn app() -> App {
    let env = Environment::isolated().with("LITELLM_MASTER_KEY", "sk-1234");
    let config = Some("general_settings: {max_request_size_mb: 1}".to_owned());
    App::start(Start { env, config, allow_weak_master_key: true, with_secrets: false }).await.unwrap()
}

pub(crate) fn template() -> Template {
    Template::parse(TEMPLATE).unwrap()
}

pub(crate) fn aws(folder: Option<&Folder>) -> Aws {
    Aws::start(&template(), folder.map(Folder::path)).unwrap()
}

pub(crate) fn sqs(aws: &Aws) -> aws_sdk_sqs::Client {
    let credentials = aws_sdk_sqs::config::Credentials::new("local", "local", None, None, "test");
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_sqs::config::Region::new("us-east-1"))
        .endpoint_url(&aws.endpoint)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

pub(crate) fn dynamodb(aws: &Aws) -> aws_sdk_dynamodb::Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("local", "local", None, None, "test");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
        .endpoint_url(&aws.endpoint)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}
