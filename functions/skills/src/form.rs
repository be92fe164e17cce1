//! Reads a form with files ("Returning Values from Forms: multipart/form-data", RFC 7578).

use bytes::Bytes;
use futures_util::stream;
use gateway::ApiError;
use policy::skill::{File, LARGEST_UPLOAD};

/// A form's title, and its files by the paths that they were sent with.
pub(crate) struct Form {
    pub(crate) title: Option<String>,
    pub(crate) files: Vec<File>,
}

/// Reads a body of this content type.
///
/// # Errors
/// 400 for one that is malformed or holds something else.
pub(crate) async fn read(content_type: &str, body: Bytes) -> Result<Form, ApiError> {
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let body = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let limit = multer::SizeLimit::new().whole_stream(2 * LARGEST_UPLOAD as u64);
    let constraints = multer::Constraints::new().size_limit(limit);
    let mut parts = multer::Multipart::with_constraints(body, boundary, constraints);
    let mut form = Form { title: None, files: Vec::new() };
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let (name, path) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        match (name.as_str(), path) {
            ("files" | "files[]", Some(path)) => {
                let content = part.bytes().await.map_err(malformed)?.to_vec();
                form.files.push(File { path, content });
            }
            ("display_title" | "display_name", _) => form.title = Some(part.text().await.map_err(malformed)?),
            ("custom_llm_provider", _) => check_keeper(&part.text().await.map_err(malformed)?)?,
            (other, _) => {
                let message =
                    format!("The form has a part `{other}` that is not `display_title` or a file of `files`.");
                return Err(ApiError::invalid(message).param("request_body"));
            }
        }
    }
    Ok(form)
}

/// LiteLLM's clients say by `custom_llm_provider` who is to keep a skill.
pub(crate) fn check_keeper(name: &str) -> Result<(), ApiError> {
    if name == "litellm_proxy" {
        return Ok(());
    }
    let message = format!("Skills are kept by this gateway (`litellm_proxy`), not by `{name}`.");
    Err(ApiError::invalid(message).param("custom_llm_provider"))
}

fn malformed(_: multer::Error) -> ApiError {
    ApiError::invalid("The request body is no form with files, or too large.").param("request_body")
}
