//! The interpreter: venvs and the pool behind the port.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::try_join_all;

use super::pool::Pool;
use super::venvs::Venvs;
use super::{Dependencies, Execution, Interpreter, InterpreterError, Isolation, Job, PythonSettings, scratch};

/// Most workers that [`Interpreter::prepare`] warms: each takes memory, and more start when jobs come.
const PREPARED: usize = 4;

/// Runs Python programs in warm, confined workers. Dropping it ends all of them.
pub struct PythonInterpreter {
    settings: Arc<PythonSettings>,
    venvs: Venvs,
    pool: Pool,
}

impl PythonInterpreter {
    /// An interpreter; nothing is started or made before the first job.
    pub fn new(settings: PythonSettings) -> Self {
        let settings = Arc::new(settings);
        scratch::sweep(&settings.cache_dir);
        Self { venvs: Venvs::new(Arc::clone(&settings)), pool: Pool::new(Arc::clone(&settings)), settings }
    }

    /// Makes the venv for some packages, if it is not there, and starts nothing; says which of them are there in another
    /// version than the pinned one.
    ///
    /// # Errors
    /// As [`Interpreter::prepare`].
    pub async fn make_venv(&self, dependencies: &Dependencies) -> Result<Vec<String>, InterpreterError> {
        Ok(self.venvs.get(dependencies).await?.substituted.clone())
    }

    /// The isolation that programs run under; `None` before the first worker was started.
    pub fn isolation(&self) -> Option<Isolation> {
        self.pool.isolation()
    }
}

#[async_trait]
impl Interpreter for PythonInterpreter {
    async fn prepare(&self, dependencies: &Dependencies) -> Result<(), InterpreterError> {
        let venv = self.venvs.get(dependencies).await?;
        let scratch = self.settings.scratch;
        let count = match self.pool.isolation() {
            _ if venv.is_bare => self.settings.workers.clamp(1, PREPARED),
            // Which packages its programs will name is not known; one worker shows that programs can be run at all.
            None => 1,
            Some(_) => 0,
        };
        try_join_all((0..count).map(|_| self.pool.warm(Arc::clone(&venv), scratch))).await.map(drop)
    }

    async fn run(&self, job: Job) -> Result<Execution, InterpreterError> {
        let venv = self.venvs.get(&job.dependencies).await?;
        let done = self.pool.run(Arc::clone(&venv), job).await?;
        Ok(Execution { substituted: venv.substituted.clone(), ..done })
    }
}
