//! Datasets of the Hugging Face hub, over its HTTP API: listed, fetched, checked.
//!
//! A revision is settled once and everything is of it. A file that broke off goes on where it was, and nothing counts before its
//! hash is right. The room must not know what is in the files.

use std::fmt::Write as _;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::{Client, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Where the hub is.
pub const HUB: &str = "https://huggingface.co";

/// Times that a file is asked for before it is given up.
const ATTEMPTS: u32 = 5;

/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(60);

/// Largest file that is taken, in bytes.
const LARGEST: u64 = 4 << 30;

/// Why a dataset could not be had.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// There is no such dataset, or nobody may see it.
    #[error(
        "the hub has no dataset {repo} at {revision}, or not for everybody; HF_TOKEN in the environment is sent along"
    )]
    NotFound {
        /// Owner and name.
        repo: String,
        /// The revision.
        revision: String,
    },
    /// The server answered otherwise.
    #[error("{url} answered {status}; try again later")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The connection failed.
    #[error("{url} can't be reached: {message}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        message: String,
    },
    /// What came is not what the hub says of it.
    #[error("{file} is not what the hub says of it ({what}); it was thrown away, pull again")]
    Wrong {
        /// The file.
        file: String,
        /// What is unlike.
        what: String,
    },
    /// A name that leads out of the folder, or a listing that makes no sense.
    #[error("the hub's listing makes no sense: {0}")]
    Listing(String),
    /// A file could not be written.
    #[error("{path} can't be written: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A file as the hub lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Listed {
    /// Its path in the dataset.
    #[serde(rename = "rfilename")]
    pub path: String,
    /// Bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Git's hash of it.
    #[serde(default, rename = "blobId")]
    blob: Option<String>,
    /// What large files have beside.
    #[serde(default)]
    lfs: Option<Lfs>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Lfs {
    sha256: String,
}

/// A dataset at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Listing {
    /// The commit.
    pub sha: String,
    /// Its files.
    #[serde(rename = "siblings")]
    pub files: Vec<Listed>,
}

/// A file that is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// Its path in the dataset.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// Whether it was here already.
    pub there: bool,
}

/// The hub, as one client of it.
pub struct Hub {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Hub {
    /// The hub at an address. The token is sent to that address alone.
    ///
    /// # Errors
    /// A system without what TLS needs.
    pub fn new(base: &str, token: Option<String>) -> Result<Self, HubError> {
        let unreachable = |e: reqwest::Error| HubError::Unreachable { url: base.to_owned(), message: e.to_string() };
        // Whoever was first has set it, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(SILENCE)
            .user_agent(concat!("loong/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(unreachable)?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// What a dataset (`owner/name`) has at a revision: a branch, a tag or a commit.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn list(&self, repo: &str, revision: &str) -> Result<Listing, HubError> {
        let is_named = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if repo.matches('/').count() != 1 || !repo.chars().chain(revision.chars()).all(is_named) || repo.contains("..")
        {
            return Err(HubError::Listing(format!(
                "{repo} at {revision} is no dataset's name, such as camel-ai/loong at main"
            )));
        }
        let url = format!("{}/api/datasets/{repo}/revision/{revision}?blobs=true", self.base);
        let response = self.get(&url, 0).await?;
        if [StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&response.status()) {
            return Err(HubError::NotFound { repo: repo.to_owned(), revision: revision.to_owned() });
        }
        if !response.status().is_success() {
            return Err(HubError::Status { url, status: response.status().as_u16() });
        }
        let listing: Listing = response.json().await.map_err(|e| HubError::Listing(e.to_string()))?;
        let is_commit = listing.sha.len() == 40 && listing.sha.chars().all(|c| c.is_ascii_hexdigit());
        if !is_commit {
            return Err(HubError::Listing(format!("`{}` is no commit", listing.sha.escape_debug())));
        }
        if let Some(odd) = listing.files.iter().find(|file| !stays_inside(&file.path)) {
            return Err(HubError::Listing(format!("`{}` leads out of the folder", odd.path.escape_debug())));
        }
        Ok(listing)
    }

    /// Fetches one file of a listing into a folder, going on where an earlier try broke off; `step` hears of bytes that came.
    ///
    /// # Errors
    /// [`HubError`]; what came so far stays for the next try.
    pub async fn fetch(
        &self,
        repo: &str,
        listing: &Listing,
        file: &Listed,
        folder: &Path,
        step: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Fetched, HubError> {
        let target = folder.join(&file.path);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| HubError::Io { path, source }
        };
        if file.size.is_some_and(|size| size > LARGEST) {
            return Err(HubError::Listing(format!("{} is larger than {} GB", file.path, LARGEST >> 30)));
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).await.map_err(failed(parent))?;
        }
        if target.exists() && unlike(&target, file).await.map_err(failed(&target))?.is_none() {
            let bytes = fs::metadata(&target).await.map_err(failed(&target))?.len();
            return Ok(Fetched { path: file.path.clone(), bytes, there: true });
        }
        // The commit is part of the name: a half of another revision is no beginning of this one.
        let part = target.with_file_name(format!(
            ".{}.{}.part",
            target.file_name().unwrap_or_default().to_string_lossy(),
            &listing.sha[..12]
        ));
        let url = format!("{}/datasets/{repo}/resolve/{}/{}", self.base, listing.sha, escaped(&file.path));
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(250 << attempt)).await;
            }
            match self.append(&url, &part, step).await {
                Ok(()) => {
                    last = None;
                    break;
                }
                Err(e @ (HubError::Unreachable { .. } | HubError::Status { status: 429 | 500.., .. })) => {
                    last = Some(e);
                }
                Err(e) => return Err(e),
            }
        }
        if let Some(error) = last {
            return Err(error);
        }
        if let Some(what) = unlike(&part, file).await.map_err(failed(&part))? {
            fs::remove_file(&part).await.map_err(failed(&part))?;
            return Err(HubError::Wrong { file: file.path.clone(), what });
        }
        let bytes = fs::metadata(&part).await.map_err(failed(&part))?.len();
        fs::rename(&part, &target).await.map_err(failed(&target))?;
        Ok(Fetched { path: file.path.clone(), bytes, there: false })
    }

    /// Adds what is missing to a part of a file.
    async fn append(&self, url: &str, part: &Path, step: &mut (dyn FnMut(u64) + Send)) -> Result<(), HubError> {
        let failed = |source| HubError::Io { path: part.to_owned(), source };
        let have = fs::metadata(part).await.map_or(0, |m| m.len());
        let response = self.get(url, have).await?;
        let mut have = match response.status() {
            StatusCode::PARTIAL_CONTENT => have,
            // All of it is here already.
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => return Ok(()),
            // A server that knows no ranges begins anew.
            status if status.is_success() => 0,
            status => return Err(HubError::Status { url: url.to_owned(), status: status.as_u16() }),
        };
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(have == 0).open(part).await.map_err(failed)?;
        if have > 0 {
            use tokio::io::AsyncSeekExt as _;
            file.seek(io::SeekFrom::Start(have)).await.map_err(failed)?;
        }
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let broken = |e: reqwest::Error| HubError::Unreachable { url: url.to_owned(), message: e.to_string() };
            let chunk = match chunk.map_err(broken) {
                Ok(chunk) => chunk,
                Err(e) => {
                    file.sync_all().await.map_err(failed)?;
                    return Err(e);
                }
            };
            have += chunk.len() as u64;
            if have > LARGEST {
                return Err(HubError::Listing(format!("{url} has more than {} GB", LARGEST >> 30)));
            }
            file.write_all(&chunk).await.map_err(failed)?;
            step(chunk.len() as u64);
        }
        file.sync_all().await.map_err(failed)
    }

    async fn get(&self, url: &str, from: u64) -> Result<Response, HubError> {
        let mut request = self.client.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        request.send().await.map_err(|e| HubError::Unreachable { url: url.to_owned(), message: e.to_string() })
    }
}

/// Whether a path has only names in it.
fn stays_inside(path: &str) -> bool {
    !path.is_empty() && !path.contains('\\') && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

/// A path as it stands in an address.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What of a file is not as the hub says; `None` where all is.
async fn unlike(path: &Path, listed: &Listed) -> io::Result<Option<String>> {
    use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
    let size = fs::metadata(path).await?.len();
    if let Some(wanted) = listed.size.filter(|wanted| *wanted != size) {
        return Ok(Some(format!("{size} bytes instead of {wanted}")));
    }
    let (mut hash, wanted) = match (&listed.lfs, &listed.blob) {
        (Some(lfs), _) => (Context::new(&SHA256), &lfs.sha256),
        (None, Some(blob)) => {
            let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
            hash.update(format!("blob {size}\0").as_bytes());
            (hash, blob)
        }
        (None, None) => return Ok(None),
    };
    let mut file = File::open(path).await?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let mut found = String::new();
    for byte in hash.finish().as_ref() {
        let _ = write!(found, "{byte:02x}");
    }
    Ok((!found.eq_ignore_ascii_case(wanted)).then(|| format!("its hash is {found}, not {wanted}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_their_folder() {
        for (path, inside) in [
            ("data/logic.json", true),
            ("a b.json", true),
            ("../x.json", false),
            ("/etc/passwd", false),
            ("a/../../b", false),
            ("a\\..\\b", false),
            ("", false),
            ("./a", false),
        ] {
            assert_eq!(stays_inside(path), inside, "{path}");
        }
        assert_eq!(escaped("data/a b#é.json"), "data/a%20b%23%C3%A9.json");
    }
}
