//! What a user reads when the server is up.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use gateway::App;
use serde_json::json;

/// Where the master key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// Nobody set one, and only this machine can reach the server.
    Default,
    /// `LITELLM_MASTER_KEY`.
    Environment,
    /// `general_settings.master_key`.
    Config,
}

/// The master key when nobody set one: public, so only for loopback.
pub(crate) const DEFAULT_MASTER_KEY: &str = "sk-1234";

/// Writes it to standard output; a closed output stops nothing.
pub(crate) fn print(app: &App, address: SocketAddr, key: KeySource, data_dir: Option<&Path>) {
    drop(std::io::stdout().write_all(text(&models(app), address, key, data_dir).as_bytes()));
}

fn models(app: &App) -> Vec<String> {
    app.config.model_list.iter().map(|it| it.model_name.clone()).collect()
}

fn text(models: &[String], address: SocketAddr, key: KeySource, data_dir: Option<&Path>) -> String {
    let reached = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        _ => address,
    };
    let (said, bearer) = match key {
        KeySource::Default => (
            format!("{DEFAULT_MASTER_KEY}  (the local default; set LITELLM_MASTER_KEY to have your own)"),
            DEFAULT_MASTER_KEY,
        ),
        KeySource::Environment => ("from LITELLM_MASTER_KEY".to_owned(), "$LITELLM_MASTER_KEY"),
        KeySource::Config => ("from general_settings.master_key".to_owned(), "$LITELLM_MASTER_KEY"),
    };
    let state = data_dir.map_or_else(
        || "in memory, gone when this process ends; keep it with --data-dir DIR".to_owned(),
        |it| format!("kept in {}", it.display()),
    );
    let model = models.iter().find(|it| !it.contains('*')).or(models.first()).map_or("demo", String::as_str);
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]}).to_string();
    let body = body.replace('\'', r"'\''");
    format!(
        "Listening   http://{address}\nMaster key  {said}\nState       {state}\n\n\
         curl http://{reached}/v1/chat/completions -H \"Authorization: Bearer {bearer}\" \
         -H \"Content-Type: application/json\" -d '{body}'\n"
    )
}

#[cfg(test)]
mod tests;
