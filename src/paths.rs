//! Where loong keeps what is not a project's: XDG folders, honoured on every system when they are set.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// Name of a project's configuration file.
pub const PROJECT_FILE: &str = "loong.toml";
/// Name of a project's store.
pub const STORE_FILE: &str = "loong.db";

/// Whether a file is one that nobody means who says that something may be written over: a store, or a project's configuration.
pub fn is_precious(path: &Path) -> bool {
    use std::io::Read as _;

    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    name == PROJECT_FILE || name.starts_with(STORE_FILE) || read.is_ok() && head == b"SQLite format 3\0"
}

/// The user's folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The user's own configuration.
    pub config: PathBuf,
    /// What must not be lost: the demo project, and which packages the user allowed.
    pub data: PathBuf,
    /// What can be made again: venvs.
    pub cache: PathBuf,
    /// Logs.
    pub state: PathBuf,
}

/// No home folder is known.
#[derive(Debug, thiserror::Error)]
#[error("no home folder is known; set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME and XDG_STATE_HOME")]
pub struct NoHome;

impl Paths {
    /// The folders of the present user.
    pub fn find() -> Result<Self, NoHome> {
        let native = ProjectDirs::from("", "", "loong");
        let folder = |variable: &str, native: Option<&Path>| -> Result<PathBuf, NoHome> {
            // The specification says that a relative path is to be ignored.
            let set = std::env::var_os(variable).map(PathBuf::from).filter(|p| p.is_absolute());
            set.map(|p| p.join("loong")).or_else(|| native.map(Path::to_path_buf)).ok_or(NoHome)
        };
        let native = native.as_ref();
        Ok(Self {
            config: folder("XDG_CONFIG_HOME", native.map(ProjectDirs::config_dir))?,
            data: folder("XDG_DATA_HOME", native.map(ProjectDirs::data_dir))?,
            cache: folder("XDG_CACHE_HOME", native.map(ProjectDirs::cache_dir))?,
            state: folder("XDG_STATE_HOME", native.map(|n| n.state_dir().unwrap_or_else(|| n.data_local_dir())))?,
        })
    }

    /// The user's configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's keys.
    pub fn keymap_file(&self) -> PathBuf {
        self.config.join("keymap.toml")
    }

    /// The user's themes.
    pub fn themes_folder(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// Which packages the user allowed in which project. It lies outside of all projects, so that none brings its own.
    pub fn consent_file(&self) -> PathBuf {
        self.data.join("consent.toml")
    }

    /// The demo project's folder.
    pub fn demo(&self) -> PathBuf {
        self.data.join("demo")
    }
}
