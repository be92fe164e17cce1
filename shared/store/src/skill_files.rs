//! The archive with a skill's files, in as many items as it takes, beside the version that they belong to.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use policy::skill::SkillVersion;

use crate::attributes::{Item, VERSION, number};
use crate::error::failed;
use crate::records::{Record, record_key};
use crate::{Store, StoreError};

const WHAT: &str = "skill archive";

/// A piece of the archive.
const DATA: &str = "data";
const FORMAT: u32 = 1;

/// An item may have 400 KB, its keys and names included.
const LARGEST_PIECE: usize = 380 << 10;

impl Store {
    /// Keeps the archive of a version; says in how many pieces. Nobody reads it before the version is made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_skill_archive(&self, version: &SkillVersion, archive: &[u8]) -> Result<u64, StoreError> {
        let id = version.id();
        let mut pieces = 0;
        for piece in archive.chunks(LARGEST_PIECE) {
            let mut item = piece_key(&id, pieces);
            item.insert(DATA.to_owned(), AttributeValue::B(Blob::new(piece)));
            item.insert(VERSION.to_owned(), number(FORMAT));
            let put = self.dynamo.put_item().table_name(&self.names.entities).set_item(Some(item));
            put.send().await.map_err(failed("keeping a skill's files"))?;
            pieces += 1;
        }
        Ok(pieces)
    }

    /// The archive of a version.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] when a piece is missing.
    pub async fn find_skill_archive(&self, version: &SkillVersion) -> Result<Vec<u8>, StoreError> {
        let id = version.id();
        let mut archive = Vec::new();
        for index in 0..version.pieces {
            let get = self.dynamo.get_item().table_name(&self.names.entities).consistent_read(true);
            let get = get.set_key(Some(piece_key(&id, index)));
            let found = get.send().await.map_err(failed("reading a skill's files"))?.item;
            let item = found.ok_or_else(|| StoreError::missing(WHAT, DATA))?;
            let piece = item.get(DATA).and_then(|it| it.as_b().ok()).ok_or_else(|| StoreError::missing(WHAT, DATA))?;
            archive.extend_from_slice(piece.as_ref());
        }
        Ok(archive)
    }

    /// Removes the archive of a version.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_skill_archive(&self, version: &SkillVersion) -> Result<(), StoreError> {
        let id = version.id();
        for index in 0..version.pieces {
            let delete = self.dynamo.delete_item().table_name(&self.names.entities);
            delete.set_key(Some(piece_key(&id, index))).send().await.map_err(failed("removing a skill's files"))?;
        }
        Ok(())
    }
}

fn piece_key(id: &str, index: u64) -> Item {
    let mut key = record_key::<SkillVersion>(id);
    key.insert(crate::attributes::SK.to_owned(), crate::attributes::text(format!("PIECE#{index:05}")));
    key
}
