//! The program minus terminal and disk latency: keys in, effects carried out at once, a picture out.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use loong::dataset::{Datapoint, lint};
use loong::engine::Control;
use loong::review::correction::CodeRun;
use loong::review::rules::Rules;
use loong::store::record::{CandidateRecord, ExecutionRecord};
use loong::store::{OpenMode, Store};
use loong::tui::app::{App, Borders, Settings};
use loong::tui::effect::Effect;
use loong::tui::keymap::{Key, Keymap};
use loong::tui::msg::Msg;
use loong::tui::perform::{Job, Services, Wire};
use loong::tui::theme::{Depth, Theme};
use loong::tui::view;
use loong::tui::workbench::{
    CannotStart, ImportPlan, News, Newsreader, Project, SavedView, SeedCheck, SeedRow, Seeds, Strategy, Workbench,
    Written,
};
use loong::verifier::Outcome;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A workbench that makes real stores and no runs: its news are the test's to send.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) newsreader: Mutex<Option<Newsreader>>,
    pub(crate) control: Mutex<Option<Control>>,
    pub(crate) strategy: Mutex<Option<Strategy>>,
    pub(crate) folder: Mutex<PathBuf>,
    /// What the seeds are, as they are read next.
    pub(crate) seeds: Mutex<Seeds>,
    /// The run that was to go on.
    pub(crate) resumed: Mutex<Option<i64>>,
    /// The seed that the last run was made after.
    pub(crate) from: Mutex<Option<String>>,
    /// Seeds that were written: whether there was an old one, and the new one.
    pub(crate) written: Mutex<Vec<(bool, Datapoint)>>,
    /// Why the seeds cannot be read or written.
    pub(crate) no_seeds: Mutex<Option<String>>,
    /// Why the next run does not begin.
    pub(crate) refused: Mutex<Option<CannotStart>>,
    pub(crate) views: Mutex<Vec<SavedView>>,
    /// Texts that were kept in files.
    pub(crate) texts: Mutex<Vec<String>>,
    /// Lines that were to be remembered.
    pub(crate) lines: Mutex<Vec<(String, String)>>,
    /// The folders of the projects that something was asked for in.
    pub(crate) asked_in: Mutex<Vec<PathBuf>>,
}

impl Desk {
    pub(crate) fn open(folder: &Path, mode: OpenMode) -> Project {
        let store = Store::open(folder.join("loong.db"), mode).unwrap();
        Project {
            name: "tiling-7".to_owned(),
            folder: folder.to_owned(),
            store,
            demo: false,
            busy: mode == OpenMode::ReadOnly,
            held: None,
        }
    }

    fn note(&self, project: &Project) {
        self.asked_in.lock().unwrap().push(project.folder.clone());
    }
}

impl Workbench for Desk {
    fn init(&self, folder: &Path) -> Result<(Project, String), String> {
        Ok((Self::open(folder, OpenMode::Create), "project made".to_owned()))
    }

    fn around(&self) -> Vec<String> {
        vec!["llama.cpp at http://127.0.0.1:8080/v1: qwen3-32b and 2 more".to_owned()]
    }

    fn demo(&self) -> Result<Project, String> {
        let folder = self.folder.lock().unwrap().clone();
        Ok(Self::open(&folder, OpenMode::Create))
    }

    fn strategies(&self, project: &Project) -> Result<Vec<Strategy>, String> {
        self.note(project);
        let choice = |name: &str, recipe: bool| Strategy {
            name: name.to_owned(),
            about: format!("what {name} does"),
            recipe: recipe.then(|| PathBuf::from(name)),
            configured: name == "few-shot",
        };
        Ok(vec![choice("few-shot", false), choice("evol-instruct", false), choice("recipes/hard.toml", true)])
    }

    fn start(
        &self,
        project: &Project,
        strategy: Option<&Strategy>,
        newsreader: Newsreader,
    ) -> Result<Option<Control>, CannotStart> {
        self.note(project);
        if let Some(refused) = self.refused.lock().unwrap().take() {
            return Err(refused);
        }
        let control = Control::default();
        *self.strategy.lock().unwrap() = strategy.cloned();
        *self.newsreader.lock().unwrap() = Some(newsreader);
        *self.control.lock().unwrap() = Some(control.clone());
        Ok(Some(control))
    }

    fn resume(&self, project: &Project, run: i64, newsreader: Newsreader) -> Result<Option<Control>, CannotStart> {
        *self.resumed.lock().unwrap() = Some(run);
        self.start(project, None, newsreader)
    }

    fn start_from(
        &self,
        project: &Project,
        seed: &Datapoint,
        newsreader: Newsreader,
    ) -> Result<Option<Control>, CannotStart> {
        *self.from.lock().unwrap() = Some(seed.id.clone());
        self.start(project, None, newsreader)
    }

    fn seeds(&self, project: &Project) -> Result<Seeds, String> {
        self.note(project);
        match self.no_seeds.lock().unwrap().clone() {
            Some(why) => Err(why),
            None => Ok(self.seeds.lock().unwrap().clone()),
        }
    }

    fn check_seeds(
        &self,
        project: &Project,
        seeds: &[Arc<Datapoint>],
        stop: &dyn Fn() -> bool,
        each: &mut dyn FnMut(SeedCheck),
    ) -> Result<(), String> {
        self.note(project);
        for seed in seeds.iter().take_while(|_| !stop()) {
            let (verdict, status) = match seed.rationale.as_str() {
                "" => (None, "code_empty"),
                code if code.contains("2731") => (Some(Outcome::Different), "ran"),
                _ => (Some(Outcome::Equivalent), "ran"),
            };
            each(SeedCheck {
                id: seed.id.clone(),
                at: jiff::Timestamp::now(),
                verdict,
                status: status.to_owned(),
                reason: "integer vs integer".to_owned(),
                stdout: format!("working…\n{}\n", seed.final_answer),
                seconds: 0.214,
                memory: 30 << 20,
                isolation: "full".to_owned(),
            });
        }
        Ok(())
    }

    fn write_seed(&self, project: &Project, old: Option<&Datapoint>, new: &Datapoint) -> Result<Written, String> {
        self.note(project);
        if let Some(why) = self.no_seeds.lock().unwrap().clone() {
            return Err(why);
        }
        let mut seeds = self.seeds.lock().unwrap();
        let row = seed_row(new.clone(), true);
        match old.and_then(|old| seeds.rows.iter().position(|row| row.seed.id == old.id)) {
            Some(at) => seeds.rows[at] = row,
            None => seeds.rows.push(row),
        }
        self.written.lock().unwrap().push((old.is_some(), new.clone()));
        Ok(Written { id: new.id.clone(), told: "written to own-seeds.json, row 1".to_owned() })
    }

    fn run_code(&self, project: &Project, code: &str, _: &[String]) -> Result<CodeRun, String> {
        self.note(project);
        match code.trim() {
            "" => Err("no Python is here".to_owned()),
            code if code.contains("raise") => {
                Ok(CodeRun { execution: execution(""), answer: Err("code_error: exit 1".to_owned()) })
            }
            _ => Ok(CodeRun { execution: execution("2731\n"), answer: Ok("2731".to_owned()) }),
        }
    }

    fn keep_text(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        self.texts.lock().unwrap().push(text.to_owned());
        Ok(PathBuf::from("/drafts").join(name))
    }

    fn rules(&self, project: &Project) -> Result<Rules, String> {
        self.note(project);
        Ok(Rules::default())
    }

    fn plan_import(&self, file: &Path) -> Result<ImportPlan, String> {
        if !file.exists() {
            return Err(format!("{} cannot be read", file.display()));
        }
        Ok(ImportPlan {
            file: file.to_owned(),
            mapping: vec![("question".into(), "problem".into()), ("response".into(), "completion".into())],
            missing: None,
            first: vec![("question".into(), "What is 2 + 2?".into())],
        })
    }

    fn import(&self, project: &Project, _: &ImportPlan) -> Result<String, String> {
        self.note(project);
        Ok("3 rows imported and verified, 3 of them new".to_owned())
    }

    fn views(&self, project: &Project) -> Result<Vec<SavedView>, String> {
        self.note(project);
        Ok(self.views.lock().unwrap().clone())
    }

    fn keep_view(&self, project: &Project, name: &str, filter: Option<&str>) -> Result<(), String> {
        self.note(project);
        let mut views = self.views.lock().unwrap();
        views.retain(|view| view.name != name);
        views.extend(filter.map(|filter| view(name, filter, true)));
        Ok(())
    }

    fn remember(&self, purpose: &str, line: &str) {
        self.lines.lock().unwrap().push((purpose.to_owned(), line.to_owned()));
    }
}

/// A program that ended well.
fn execution(stdout: &str) -> ExecutionRecord {
    ExecutionRecord {
        code_hash: "c0de".to_owned(),
        end: "exit".to_owned(),
        status: Some(0),
        stdout: stdout.to_owned(),
        stderr: String::new(),
        stdout_bytes: stdout.len() as u64,
        seconds: 0.21,
        cpu_seconds: 0.2,
        memory: 30 << 20,
        isolation: "full".to_owned(),
        venv: "v".to_owned(),
        python: "3.12.1".to_owned(),
        substituted: Vec::new(),
    }
}

/// A saved view.
pub(crate) fn view(name: &str, filter: &str, is_here: bool) -> SavedView {
    SavedView { name: name.to_owned(), filter: filter.to_owned(), is_here }
}

/// A seed, as it is listed.
pub(crate) fn seed_row(seed: Datapoint, own: bool) -> SeedRow {
    SeedRow {
        title: loong::tui::text::title(&seed.question),
        findings: lint(&seed),
        own,
        past: None,
        seed: Arc::new(seed),
    }
}

/// The bench.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) desk: Arc<Desk>,
    pub(crate) folder: tempfile::TempDir,
    services: Services,
    from: Receiver<Wire>,
    _to: Sender<Wire>,
    /// Effects that only the main loop can carry out, in order.
    pub(crate) terminal: Vec<Effect>,
    /// Effects that are not carried out before somebody says so, in order; none where all are at once.
    withheld: Option<VecDeque<(Effect, Job)>>,
}

impl Bench {
    /// A screen on a project with these candidates.
    pub(crate) fn new(size: (u16, u16), theme: &str, candidates: Vec<CandidateRecord>) -> Self {
        let mut bench = Self::empty(size, theme);
        let project = Desk::open(bench.folder.path(), OpenMode::Create);
        project.store.put_candidates_blocking(candidates).unwrap();
        bench.hear(Msg::Entered(Box::new(project), None));
        bench.app.toast = None;
        bench
    }

    /// A screen without a project.
    pub(crate) fn empty(size: (u16, u16), theme: &str) -> Self {
        // As the program does when it begins: a picture must not depend on how busy the machine is.
        loong::tui::text::warm();
        let folder = tempfile::tempdir().unwrap();
        let depth = if theme == "mono" { Depth::Mono } else { Depth::True };
        let settings = Settings {
            keymap: Arc::new(Keymap::load(None).unwrap()),
            theme: Arc::new(Theme::load(theme, None, depth).unwrap()),
            borders: Borders::Unicode,
            reviewer: "mia".to_owned(),
            causes: loong::review::causes::all(&[]),
            here: folder.path().to_owned(),
            start_run: false,
        };
        let (to, from) = channel();
        let desk = Arc::new(Desk::default());
        let services = Services::new(Arc::clone(&desk) as Arc<dyn Workbench>, Instant::now(), to.clone());
        let app = App::new(settings, size);
        Self { app, desk, folder, services, from, _to: to, terminal: Vec::new(), withheld: None }
    }

    /// Gives the state a message, and carries out whatever follows from it.
    pub(crate) fn hear(&mut self, msg: Msg) {
        let effects = self.app.update(msg);
        self.follow(effects);
        // As if a frame were drawn now.
        let effects = self.app.bring_up();
        self.follow(effects);
        while let Ok(wire) = self.from.try_recv() {
            match wire {
                Wire::Msg(msg) => self.hear(msg),
                Wire::RunChanged => {
                    let board = self.services.run().fetch();
                    self.hear(Msg::Run(Box::new(board)));
                }
            }
        }
    }

    /// Carries effects out, and whatever follows from them.
    fn follow(&mut self, mut effects: Vec<Effect>) {
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects.drain(..) {
                if effect.needs_terminal() {
                    self.terminal.push(effect);
                    continue;
                }
                let job = self.services.job();
                let is_at_once = matches!(effect, Effect::Use(_) | Effect::Steer(..));
                match &mut self.withheld {
                    Some(withheld) if !is_at_once => withheld.push_back((effect, job)),
                    _ => self.services.carry_out(effect, &job, &mut |msg| answers.push(msg)),
                }
            }
            effects.extend(answers.into_iter().flat_map(|msg| self.app.update(msg)));
        }
    }

    /// From now on nothing is answered before it is let go.
    pub(crate) fn withhold(&mut self) {
        self.withheld.get_or_insert_default();
    }

    /// Carries out the first of what is withheld that is such an effect; what follows from it is withheld again.
    pub(crate) fn let_go(&mut self, such: impl Fn(&Effect) -> bool) {
        let withheld = self.withheld.as_mut().expect("something is withheld");
        let at = withheld.iter().position(|(effect, _)| such(effect)).expect("such an effect is withheld");
        let (effect, job) = withheld.remove(at).unwrap();
        let mut answers = Vec::new();
        self.services.carry_out(effect, &job, &mut |msg| answers.push(msg));
        for answer in answers {
            self.hear(answer);
        }
    }

    /// What an effect is answered with.
    pub(crate) fn answers(&self, effect: Effect) -> Vec<Msg> {
        let mut answers = Vec::new();
        self.services.carry_out(effect, &self.services.job(), &mut |msg| answers.push(msg));
        answers
    }

    /// How many such effects are withheld.
    pub(crate) fn count_withheld(&self, such: impl Fn(&Effect) -> bool) -> usize {
        self.withheld.iter().flatten().filter(|(effect, _)| such(effect)).count()
    }

    /// Takes the first of what is withheld that is such an effect: it is never carried out.
    pub(crate) fn drop_effect(&mut self, such: impl Fn(&Effect) -> bool) {
        let withheld = self.withheld.as_mut().expect("something is withheld");
        let at = withheld.iter().position(|(effect, _)| such(effect)).expect("such an effect is withheld");
        withheld.remove(at);
    }

    /// Carries out everything that was withheld, and what follows from it, in order; from now on everything at once.
    pub(crate) fn release(&mut self) {
        while self.withheld.as_ref().is_some_and(|withheld| !withheld.is_empty()) {
            self.let_go(|_| true);
        }
        self.withheld = None;
    }

    /// Types keys while nothing is answered, and then lets everything go.
    pub(crate) fn keys_at_once(&mut self, script: &str) {
        self.withhold();
        self.keys(script);
        self.release();
    }

    /// Types keys: words as the keymap writes them (`j`, `ctrl-r`, `enter`), or `"text"` letter by letter.
    pub(crate) fn keys(&mut self, script: &str) {
        for word in script.split_whitespace() {
            if let Some(text) = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')) {
                for c in text.replace('␣', " ").chars() {
                    self.press(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
                }
            } else {
                let key: Key = word.parse().unwrap();
                self.press(key.event());
            }
        }
    }

    pub(crate) fn press(&mut self, key: KeyEvent) {
        self.hear(Msg::Key(key));
    }

    /// Sends news of the run.
    pub(crate) fn news(&mut self, news: News) {
        let reader = self.desk.newsreader.lock().unwrap().clone().expect("a run was begun");
        reader(news);
        self.hear(Msg::Tick(Duration::from_secs(1)));
    }

    /// The picture, and where the cursor is.
    pub(crate) fn picture(&self) -> (Buffer, Option<Position>) {
        let (width, height) = self.app.size;
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let cursor = view::paint(&mut buffer, area, &self.app);
        (buffer, cursor)
    }

    /// The picture's text.
    pub(crate) fn text(&self) -> String {
        rows(&self.picture().0).join("\n")
    }

    pub(crate) fn toast(&self) -> &str {
        self.app.toast.as_ref().map_or("", |t| t.text.as_str())
    }

    pub(crate) fn store(&self) -> Store {
        self.app.project.as_ref().unwrap().store.clone()
    }
}

/// The rows of a picture; the second half of a wide character is nothing.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (0..area.height)
        .map(|y| {
            let mut row = String::new();
            let mut x = 0;
            while x < area.width {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol)).unwrap().max(1);
            }
            row.trim_end().to_owned()
        })
        .collect()
}
