//! Forms with files ("Returning Values from Forms: multipart/form-data", RFC 7578).

use serde_json::Value;

use super::Upload;

/// A form being written.
pub(crate) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// A form whose boundary is made of `id`, and lengthened until no file holds it.
    pub(crate) fn new(id: &str, uploads: &[Upload]) -> Self {
        let name = id.chars().filter(char::is_ascii_alphanumeric).take(40);
        let mut boundary: String = "form-".chars().chain(name).collect();
        while uploads.iter().any(|it| memchr::memmem::find(&it.bytes, boundary.as_bytes()).is_some()) {
            boundary.push('0');
            if boundary.len() >= 70 {
                break;
            }
        }
        Self { boundary, body: Vec::new() }
    }

    /// Adds a field; a list is as many fields with brackets after their name.
    pub(crate) fn field(&mut self, name: &str, value: &Value) {
        match value {
            Value::Array(items) => {
                let name = if name.ends_with("[]") { name.to_owned() } else { format!("{name}[]") };
                items.iter().for_each(|it| self.text(&name, it));
            }
            value => self.text(name, value),
        }
    }

    fn text(&mut self, name: &str, value: &Value) {
        self.open(name, None);
        self.body.extend_from_slice(b"\r\n");
        match value {
            Value::String(text) => self.body.extend_from_slice(text.as_bytes()),
            other => self.body.extend_from_slice(other.to_string().as_bytes()),
        }
        self.body.extend_from_slice(b"\r\n");
    }

    /// Adds a file under a name.
    pub(crate) fn file(&mut self, name: &str, upload: &Upload) {
        self.open(name, Some(&upload.file_name));
        let media_type: String = upload.media_type.chars().filter(|it| !it.is_control()).collect();
        self.body.extend_from_slice(format!("Content-Type: {media_type}\r\n\r\n").as_bytes());
        self.body.extend_from_slice(&upload.bytes);
        self.body.extend_from_slice(b"\r\n");
    }

    fn open(&mut self, name: &str, file_name: Option<&str>) {
        let name = escape(name);
        self.body.extend_from_slice(
            format!("--{}\r\nContent-Disposition: form-data; name=\"{name}\"", self.boundary).as_bytes(),
        );
        if let Some(file_name) = file_name {
            self.body.extend_from_slice(format!("; filename=\"{}\"", escape(file_name)).as_bytes());
        }
        self.body.extend_from_slice(b"\r\n");
    }

    /// The media type and the body.
    pub(crate) fn finish(mut self) -> (String, Vec<u8>) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body)
    }
}

/// As browsers write names, so that none can end its quotes or its line (HTML Standard, "Multipart form data").
fn escape(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
