//! Checking kept digest files against their sidecars.

use std::collections::BTreeMap;

use auditlake_model::Result;
use futures::TryStreamExt as _;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::hash::hash_object;
use super::{CheckReport, FindingKind};
use crate::digest_files::{DIGESTS_FOLDER, SIDECAR_SUFFIX};
use crate::lake::Lake;
use crate::location::from_object_store;

impl Lake {
    /// Checks that every sidecar has its digest file and every digest file its sidecar; with `deep` also
    /// their SHA-256.
    pub(super) async fn check_digests(&self, deep: bool, report: &mut CheckReport) -> Result<()> {
        let store = self.object_store();
        let folder = Path::from(DIGESTS_FOLDER);
        let listed: Vec<ObjectMeta> =
            store.list(Some(&folder)).try_collect().await.map_err(|e| from_object_store("list files", e))?;
        let sizes: BTreeMap<&str, u64> = listed.iter().map(|m| (m.location.as_ref(), m.size)).collect();
        for meta in &listed {
            let path = meta.location.as_ref();
            let Some(digest) = path.strip_suffix(SIDECAR_SUFFIX) else {
                report.files += 1;
                report.bytes += meta.size;
                if !sizes.contains_key(format!("{path}{SIDECAR_SUFFIX}").as_str()) {
                    report.add(
                        FindingKind::Missing,
                        &meta.location,
                        meta.size,
                        "its sidecar with the signature is gone",
                    );
                }
                continue;
            };
            let Ok(digest) = Path::parse(digest) else { continue };
            if !sizes.contains_key(digest.as_ref()) {
                // The sidecar comes first: an import that was killed in between.
                report.add(FindingKind::Orphan, &meta.location, meta.size, "its digest file was never kept");
            } else if deep {
                self.check_digest(&digest, report).await;
            }
        }
        Ok(())
    }

    async fn check_digest(&self, path: &Path, report: &mut CheckReport) {
        let promised = match self.kept_sha256(path).await {
            Ok(promised) => promised,
            Err(error) => return report.add(FindingKind::Unreadable, path, 0, error.report()),
        };
        match hash_object(self.object_store().as_ref(), path).await {
            Ok((hash, size_bytes)) => {
                report.bytes_hashed += size_bytes;
                if hash != promised {
                    let detail = format!("has SHA-256 {hash}, {promised} was kept");
                    report.add(FindingKind::Changed, path, size_bytes, detail);
                }
            }
            Err(error) => report.add(FindingKind::Unreadable, path, 0, error.report()),
        }
    }
}
