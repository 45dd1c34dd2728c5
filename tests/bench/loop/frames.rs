//! What a frame of the run's screen takes while an engine works at full speed in the same process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loong::dataset::StaticDataset;
use loong::engine::{Budget, Concurrency, Control, EngineEvent, EngineRecipe, Models, Ports, Quality};
use loong::generator::few_shot::FewShot;
use loong::interpreter::{Limits, PythonInterpreter, PythonSettings};
use loong::model::{ChatModel, EndpointConfig, HttpChat, Sampling};
use loong::paths::Paths;
use loong::store::fold::AgreementRule;
use loong::tui::msg::Msg;
use loong::tui::view;
use loong::tui::workbench::{News, Newsreader};
use loong::verifier::RuleVerifier;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::bench::Bench;
use crate::stub::Stub;
use crate::told;

const SIZE: (u16, u16) = (200, 55);
const FRAME: Duration = Duration::from_millis(16);
const CANDIDATES: u64 = 3000;

pub(crate) fn measure() -> bool {
    println!("frames of the run's screen beside an engine at full speed, 200x55");
    let mut screen = Bench::new(SIZE, "dark", Vec::new());
    screen.keys("g l r s");
    let newsreader = screen.desk.newsreader.lock().unwrap().clone().expect("a run was begun");
    let control = screen.desk.control.lock().unwrap().clone().expect("a run was begun");
    let store = screen.store();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stub = Stub::start(Duration::ZERO);
    let running = runtime.spawn(run(stub.url.clone(), store, control.clone(), newsreader));

    let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
    let mut out = Terminal::with_options(CrosstermBackend::new(std::io::sink()), TerminalOptions { viewport }).unwrap();
    let mut frames = Vec::new();
    let begun = Instant::now();
    while !running.is_finished() {
        let at = Instant::now();
        screen.hear(Msg::Tick(begun.elapsed()));
        out.draw(|frame| view::draw(frame, &screen.app)).unwrap();
        let taken = at.elapsed();
        frames.push(taken);
        std::thread::sleep(FRAME.saturating_sub(taken));
    }
    let (written, seconds) = runtime.block_on(running).unwrap();
    frames.sort_unstable();
    let at = |share: usize| frames[(frames.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    println!(
        "  {} frames while {written} candidates came, {:.0} a second; median {:.2} ms, slowest {:.2} ms",
        frames.len(),
        written as f64 / seconds,
        at(500),
        at(1000)
    );
    told("a frame, of 1,000 the slowest but one", at(999), "ms", 16.0, false)
}

async fn run(url: String, store: loong::store::Store, control: Control, newsreader: Newsreader) -> (u64, f64) {
    let seeds = StaticDataset::bundled();
    let prompt = FewShot::prompt(None).unwrap();
    let config = EndpointConfig { in_flight: 64, ..EndpointConfig::new("stub", &url, "stub-model") };
    let model: Arc<dyn ChatModel> = Arc::new(HttpChat::new(config).unwrap());
    let launcher = PathBuf::from(env!("CARGO_BIN_EXE_loong"));
    let settings = PythonSettings { launcher, ..PythonSettings::new(Paths::find().unwrap().cache) };
    let interpreter = Arc::new(PythonInterpreter::new(settings));
    let recipe = EngineRecipe {
        hash: "frames".into(),
        text: String::new(),
        candidates: CANDIDATES,
        shard: None,
        rng_seed: 1,
        fresh: false,
        samples: 1,
        early_stop: false,
        keep: None,
        resume: None,
        agreement: AgreementRule::Majority,
        executions: 1,
        limits: Limits::default(),
        solver_sampling: Sampling::default(),
        concurrency: Concurrency { generate: 24, execute: 4, solve: 24, verify: 2, store: 64 },
        budget: Budget::default(),
        quality: Quality::default(),
        known_questions: Vec::new(),
    };
    let ports = Ports {
        generator: Arc::new(FewShot::new(&seeds, 3, 1, Sampling::default(), prompt)),
        generators: Arc::new(|name| Err(format!("there is no {name}"))),
        models: Models { generator: Arc::clone(&model), others: BTreeMap::new(), solvers: vec![model] },
        interpreter: interpreter.clone(),
        second_interpreter: interpreter,
        verifier: Arc::new(RuleVerifier::default()),
        escalation: Arc::default(),
        sink: Arc::new(store),
    };
    let listener = Arc::new(move |event: EngineEvent| newsreader(News::Event(event)));
    let report = loong::engine::run(recipe, ports, control, None, listener).await.unwrap();
    (report.written, report.seconds)
}
