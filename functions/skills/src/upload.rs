//! Reads an upload: a form with files, an archive, or a JSON object.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{ApiError, App, Request};
use policy::skill::{self, File};
use serde_json::Value;

use crate::{archive, form};

/// What a request uploads.
pub(crate) struct Uploaded {
    /// `display_title`, or `display_name`.
    pub(crate) title: Option<String>,
    pub(crate) skill: skill::Upload,
}

/// Reads the body.
///
/// # Errors
/// 400 for what is no skill, 413 for what is too large.
pub(crate) async fn read(app: &App, req: &Request) -> Result<Uploaded, ApiError> {
    let most = gateway::largest_body(app);
    if req.body.len() > most {
        return Err(gateway::too_large(most));
    }
    let kind = req.header("content-type").unwrap_or_default();
    let form::Form { title, files } = match kind.split(';').next().unwrap_or_default().trim() {
        "multipart/form-data" => form::read(kind, req.body.clone()).await?,
        "application/zip" | "application/x-zip-compressed" => {
            let title = req.query_param("display_title").or_else(|| req.query_param("display_name"));
            form::Form { title: title.map(str::to_owned), files: archive::unpack(&req.body)? }
        }
        _ => json(app, req)?,
    };
    let title = title.filter(|it| !it.trim().is_empty());
    Ok(Uploaded { title, skill: skill::read(unpacked(files)?)? })
}

/// A single archive stands for the files in it.
fn unpacked(files: Vec<File>) -> Result<Vec<File>, ApiError> {
    match files.as_slice() {
        [File { path, content }] if path.to_lowercase().ends_with(".zip") || content.starts_with(b"PK\x03\x04") => {
            archive::unpack(content)
        }
        _ => Ok(files),
    }
}

/// `{"display_title", "files": [{"name", "content" or "content_base64"}]}`.
fn json(app: &App, req: &Request) -> Result<form::Form, ApiError> {
    let body = gateway::json_object(app, req)?;
    let title = match body.get("display_title").or_else(|| body.get("display_name")) {
        None | Some(Value::Null) => None,
        Some(Value::String(title)) => Some(title.clone()),
        Some(_) => return Err(ApiError::invalid("`display_title` must be a string.").param("display_title")),
    };
    if let Some(keeper) = body.get("custom_llm_provider").and_then(Value::as_str) {
        form::check_keeper(keeper)?;
    }
    let files = match body.get("files") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(files)) => files.iter().map(json_file).collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong_file()),
    };
    Ok(form::Form { title, files })
}

fn json_file(file: &Value) -> Result<File, ApiError> {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    let path = text("name").ok_or_else(wrong_file)?.to_owned();
    let content = match (text("content"), text("content_base64")) {
        (Some(plain), None) => plain.as_bytes().to_vec(),
        (None, Some(encoded)) => STANDARD.decode(encoded).map_err(|_| wrong_file())?,
        _ => return Err(wrong_file()),
    };
    Ok(File { path, content })
}

fn wrong_file() -> ApiError {
    let message = "`files` must be a list of objects with a `name` and either `content` or `content_base64`.";
    ApiError::invalid(message).param("files")
}
