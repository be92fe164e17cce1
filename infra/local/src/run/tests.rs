use std::path::PathBuf;

use super::*;
use crate::testing::Folder;

fn args() -> Args {
    Args { config: None, port: 0, host: "127.0.0.1".to_owned(), data_dir: None }
}

fn config(folder: &Folder, text: &str) -> Option<PathBuf> {
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, text).unwrap();
    Some(path)
}

/// Starting like this ends at once with one line that says all of `parts`.
async fn refused(args: Args, env: Environment, parts: &[&str]) {
    let line = Box::pin(run(args, env)).await.unwrap_err().line();
    assert!(!line.contains('\n'), "{line}");
    for part in parts {
        assert!(line.contains(part), "{part:?} in {line:?}");
    }
}

/// Starting like this serves.
async fn serves(args: Args, env: Environment) {
    let running = tokio::time::timeout(Duration::from_millis(500), Box::pin(run(args, env)));
    assert!(running.await.is_err(), "still running when the time was over");
}

#[tokio::test]
async fn a_taken_port() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    refused(Args { port, ..args() }, Environment::isolated(), &[&port.to_string(), "--port"]).await;
}

#[tokio::test]
async fn an_address_of_nobody() {
    let args = Args { host: "192.0.2.1".to_owned(), ..args() };
    refused(args, Environment::isolated(), &["192.0.2.1"]).await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used() {
    let folder = Folder::new();
    let missing = Args { config: Some(folder.path().join("none.yaml")), ..args() };
    refused(missing, Environment::isolated(), &["none.yaml", "No such file"]).await;
    for (text, part) in [
        ("model_list: [", "line 1"),
        ("model_list: 7", "model_list"),
        ("model_list: [{model_name: x, litellm_params: {model: nobody/model}}]", "nobody/model"),
    ] {
        let args = Args { config: config(&folder, text), ..args() };
        refused(args, Environment::isolated(), &[part]).await;
    }
}

#[tokio::test]
async fn a_data_directory_that_another_process_holds() {
    let folder = Folder::new();
    let held = DataDir::take(folder.path()).unwrap();
    let args = Args { data_dir: Some(folder.path().to_owned()), ..args() };
    refused(args, Environment::isolated(), &["in use by another process"]).await;
    drop(held);
}

#[tokio::test]
async fn a_weak_master_key_is_for_this_machine_only() {
    let everywhere = || Args { host: "0.0.0.0".to_owned(), ..args() };
    let key = |key| Environment::isolated().with("LITELLM_MASTER_KEY", key);
    refused(everywhere(), Environment::isolated(), &["LITELLM_MASTER_KEY"]).await;
    refused(everywhere(), key("sk-1234"), &["LITELLM_MASTER_KEY"]).await;
    serves(args(), Environment::isolated()).await;
    serves(everywhere(), key("sk-0123456789abcdef0123")).await;
}

#[tokio::test]
async fn a_data_directory_serves_again() {
    let folder = Folder::new();
    for _ in 0..2 {
        serves(Args { data_dir: Some(folder.path().to_owned()), ..args() }, Environment::isolated()).await;
    }
}
