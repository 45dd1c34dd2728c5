//! The interpreter: a pool of warm workers over all venvs.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::confine::Spec;
use super::find::{self, Python};
use super::venvs::{self, Venv};
use super::zygote::Zygote;
use super::{Dependencies, Execution, Interpreter, InterpreterError, Job, Progress};

/// Warm workers kept for each that may be busy: seeds of one file take turns between a few venvs, and starting a worker
/// costs as much as a hundred jobs. An idle one costs memory only.
const KEPT: usize = 3;

/// Whether programs may run without isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationChoice {
    /// They may not.
    Required,
    /// They do, because the user asked for it by name.
    UnsafeNone,
}

/// Hears of long work.
pub type ProgressListener = Arc<dyn Fn(Progress) + Send + Sync>;

/// Settings of the interpreter.
#[derive(Clone)]
pub struct PythonSettings {
    /// Where venvs are kept.
    pub cache_dir: PathBuf,
    /// The program that confines workers: the `loong` binary.
    pub launcher: PathBuf,
    /// The Python to use; `None` looks for one.
    pub python: Option<PathBuf>,
    /// Programs that run at a time, over all venvs; at least 1.
    pub workers: usize,
    /// Whether programs may run without isolation.
    pub isolation: IsolationChoice,
    /// Packages outside the known list that may be installed.
    pub allow_packages: Vec<String>,
    /// Make no venv; use what is there.
    pub offline: bool,
    /// Hears of venvs being made.
    pub progress: Option<ProgressListener>,
}

/// Runs programs in warm, isolated workers. Clones share them; when the last clone is dropped, all workers end.
#[derive(Clone)]
pub struct PythonInterpreter {
    pool: Arc<Pool>,
}

struct Pool {
    settings: PythonSettings,
    python: tokio::sync::OnceCell<Python>,
    venvs: venvs::Cache,
    places: Semaphore,
    idle: Mutex<VecDeque<Zygote>>,
}

impl PythonInterpreter {
    /// An interpreter; starts nothing yet.
    pub fn new(settings: PythonSettings) -> Self {
        let pool = Pool {
            places: Semaphore::new(settings.workers.max(1)),
            settings,
            python: tokio::sync::OnceCell::new(),
            venvs: venvs::Cache::default(),
            idle: Mutex::new(VecDeque::new()),
        };
        Self { pool: Arc::new(pool) }
    }

    /// Version of Python and isolation of a worker without packages, which is started for it.
    pub(super) async fn greet(&self) -> Result<(String, super::Isolation), InterpreterError> {
        let zygote = self.pool.worker(&Dependencies::default()).await?;
        let told = (zygote.python().to_owned(), zygote.isolation());
        self.pool.put_back(zygote);
        Ok(told)
    }
}

#[async_trait]
impl Interpreter for PythonInterpreter {
    async fn prepare(&self, dependencies: &Dependencies) -> Result<(), InterpreterError> {
        let _place = self.pool.place().await?;
        let zygote = self.pool.worker(dependencies).await?;
        self.pool.put_back(zygote);
        Ok(())
    }

    async fn run(&self, job: Job) -> Result<Execution, InterpreterError> {
        // Made before a place is taken: the jobs of other venvs go on meanwhile.
        self.pool.venv(&job.dependencies).await?;
        let _place = self.pool.place().await?;
        let mut last = String::new();
        // A worker that fails says nothing about the program: it gets another one, once.
        for _ in 0..2 {
            let mut zygote = self.pool.worker(&job.dependencies).await?;
            match zygote.run(&job).await {
                Ok(execution) => {
                    self.pool.put_back(zygote);
                    return Ok(execution);
                }
                Err(e) => {
                    tracing::warn!("a worker failed: {e}");
                    last = e.to_string();
                }
            }
        }
        Err(InterpreterError::Worker { message: last })
    }
}

impl Pool {
    async fn place(&self) -> Result<tokio::sync::SemaphorePermit<'_>, InterpreterError> {
        self.places.acquire().await.map_err(|e| InterpreterError::Worker { message: e.to_string() })
    }

    async fn python(&self) -> Result<&Python, InterpreterError> {
        let wanted = self.settings.python.clone();
        let find = || async {
            let found = tokio::task::spawn_blocking(move || find::python(wanted.as_deref())).await;
            found.map_err(|e| InterpreterError::Worker { message: e.to_string() })?
        };
        self.python.get_or_try_init(find).await
    }

    async fn venv(&self, dependencies: &Dependencies) -> Result<Arc<Venv>, InterpreterError> {
        let python = self.python().await?;
        self.venvs.get(&self.settings, python, dependencies).await
    }

    /// An idle worker of the right venv, else a new one in the place of the one that has been idle for longest.
    async fn worker(&self, dependencies: &Dependencies) -> Result<Zygote, InterpreterError> {
        let venv = self.venv(dependencies).await?;
        let retired = {
            let mut idle = self.idle();
            if let Some(at) = idle.iter().position(|z| z.venv == venv.id)
                && let Some(zygote) = idle.remove(at)
            {
                return Ok(zygote);
            }
            let busy = self.settings.workers.max(1).saturating_sub(self.places.available_permits());
            if idle.len() + busy > self.settings.workers.max(1) * KEPT { idle.pop_front() } else { None }
        };
        drop(retired);
        let spec = Spec {
            python: venv.python.clone(),
            worker: venvs::worker_file(&self.settings.cache_dir)?,
            readable: venv.readable(self.python().await?, &self.settings.cache_dir),
            scratch: PathBuf::new(),
            scratch_bytes: super::Limits::default().scratch,
            unsafe_none: self.settings.isolation == IsolationChoice::UnsafeNone,
        };
        Zygote::start(&self.settings.launcher, spec, venv.id.clone(), &venv.imports).await
    }

    fn put_back(&self, zygote: Zygote) {
        self.idle().push_back(zygote);
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Zygote>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
