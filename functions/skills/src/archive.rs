//! Archives of files: those that are uploaded, and the one that a version's files are kept and downloaded in.

use std::io::{Cursor, Read, Write};

use gateway::{ApiError, App, Reply, ReplyBody};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use policy::skill::{File, LARGEST_UPLOAD, Skill, Upload};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::versions;

/// `GET /v1/skills/{id}/archive` and `GET /v1/skills/{id}/versions/{version}/content`.
pub(crate) async fn handle(app: &App, skill: &Skill, version: &str) -> Result<Reply, ApiError> {
    let version = versions::find(app, skill, version).await?.value;
    let archive = app.store.find_skill_archive(&version).await.map_err(ApiError::unavailable)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let name: String = version.directory.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}.zip\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(Reply { status: StatusCode::OK, headers, body: ReplyBody::Full(archive.into()) })
}

/// Packs a skill's files below its folder.
pub(crate) fn pack(upload: &Upload) -> Result<Vec<u8>, ApiError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for File { path, content } in &upload.files {
        let path = format!("{}/{path}", upload.directory);
        writer.start_file(path, SimpleFileOptions::default()).map_err(ApiError::internal)?;
        writer.write_all(content).map_err(ApiError::internal)?;
    }
    Ok(writer.finish().map_err(ApiError::internal)?.into_inner())
}

/// Unpacks an uploaded archive; stops at what a skill may not be larger than, whatever the archive says of itself.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<File>, ApiError> {
    let unreadable = |_| ApiError::invalid("The archive cannot be read as a zip file.").param("files");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (mut files, mut left) = (Vec::new(), LARGEST_UPLOAD as u64 + 1);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        // Finder's own notes, which no skill means to hold.
        if entry.is_dir() || entry.name().starts_with("__MACOSX/") || entry.name().ends_with(".DS_Store") {
            continue;
        }
        if entry.is_symlink() {
            return Err(ApiError::invalid("The archive holds a symbolic link.").param("files"));
        }
        let path = entry.name().to_owned();
        let mut content = Vec::new();
        let read = entry.by_ref().take(left).read_to_end(&mut content);
        let read = read.map_err(|_| ApiError::invalid("The archive is damaged.").param("files"))?;
        left -= read as u64;
        files.push(File { path, content });
        if left == 0 {
            break;
        }
    }
    Ok(files)
}
