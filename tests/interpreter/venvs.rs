//! Venvs: what is refused before anything is fetched, and one that is really made.

use std::sync::{Arc, Mutex};

use loong::interpreter::{Dependencies, Interpreter, InterpreterError, Job, Limits, Progress};

use crate::setup::Bench;

#[tokio::test]
async fn what_is_no_requirement_or_unknown_is_refused() {
    let bench = Bench::new();
    for text in ["-r /etc/passwd", "numpy @ https://example.com/x.whl", "/tmp/x.whl", "--index-url=http://x numpy"] {
        let error = bench.interpreter.prepare(&Dependencies::new([text])).await.unwrap_err();
        assert!(matches!(error, InterpreterError::Venv { .. }), "{text}: {error}");
        assert!(error.to_string().contains("is not a requirement"), "{error}");
    }
    let error = bench.interpreter.prepare(&Dependencies::new(["numpy", "nunpy"])).await.unwrap_err();
    assert_eq!(error, InterpreterError::Consent { packages: "nunpy".to_owned() });
    assert!(!bench.cache.path().join("venvs").exists(), "nothing was begun");
}

#[tokio::test]
async fn offline_means_that_the_index_is_not_asked() {
    let bench = Bench::with(|s| s.offline = true);
    let error = bench.interpreter.prepare(&Dependencies::new(["numpy"])).await.unwrap_err();
    assert!(error.to_string().contains("--offline"), "{error}");
    assert!(!bench.cache.path().join("venvs").exists());
}

#[tokio::test]
async fn no_python_is_a_sentence() {
    let bench = Bench::with(|s| s.python = Some("/bin/false".into()));
    let error = bench.interpreter.prepare(&Dependencies::default()).await.unwrap_err();
    assert!(matches!(error, InterpreterError::NoPython { .. }), "{error}");
    assert!(error.to_string().contains("install python3"), "{error}");
}

/// Makes a venv from the index. Without the index there is nothing to test.
#[tokio::test]
async fn a_venv_is_made_once_and_used() {
    let news = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&news);
    let bench = Bench::with(|s| {
        s.progress = Some(Arc::new(move |p: Progress| listener.lock().expect("no panic").push(p)));
    });
    let dependencies = Dependencies::new(["networkx", "numpy"]);
    let job = || Job {
        code: "import numpy, networkx, sys\nprint(int(numpy.eye(3).sum()), networkx.path_graph(4).size())\n\
               print(all(m.__cached__ and __import__('os').path.exists(m.__cached__) for m in (numpy, networkx)))"
            .to_owned(),
        dependencies: dependencies.clone(),
        limits: Limits::default(),
    };
    let first = bench.interpreter.run(job()).await;
    if let Err(InterpreterError::Venv { message, .. }) = &first {
        let unreachable = ["onnection", "resolve", "No matching distribution", "timed out", "Network"];
        if unreachable.iter().any(|s| message.contains(s)) {
            println!("skipped: the package index can't be reached");
            return;
        }
    }
    let done = first.expect("a venv");
    assert_eq!(done.stdout, "3 3\nTrue\n", "{}", done.stderr);
    let heard = std::mem::take(&mut *news.lock().expect("no panic"));
    assert!(matches!(heard.first(), Some(Progress::VenvStarted { .. })), "{heard:?}");
    assert!(matches!(heard.last(), Some(Progress::VenvReady { .. })), "{heard:?}");
    let ready = bench.cache.path().join("venvs").join(&done.venv).join("ready");
    let made = std::fs::read_to_string(&ready).expect("a record");
    assert!(made.contains("numpy-") && made.contains("networkx-"), "{made}");

    // The numbers that packages draw differ from program to program.
    let random = Job { code: "import numpy; print(numpy.random.rand())".to_owned(), ..job() };
    let (one, two) = (bench.interpreter.run(random.clone()).await, bench.interpreter.run(random).await);
    assert_ne!(one.expect("a worker").stdout, two.expect("a worker").stdout);

    // Another interpreter finds it, also offline, and makes nothing.
    let mut settings = crate::setup::settings(&bench.cache);
    settings.offline = true;
    let again = loong::interpreter::PythonInterpreter::new(settings.clone());
    assert_eq!(again.run(job()).await.expect("the same venv").venv, done.venv);
    assert!(news.lock().expect("no panic").is_empty());

    // Without its last file it is not ready.
    std::fs::remove_file(&ready).expect("a file");
    let error = loong::interpreter::PythonInterpreter::new(settings).run(job()).await.unwrap_err();
    assert!(matches!(error, InterpreterError::Venv { .. }), "{error}");

    // A version that does not exist is the installer's word, and remembered.
    let error = bench.interpreter.prepare(&Dependencies::new(["numpy==0.0.1"])).await.unwrap_err();
    assert!(error.to_string().contains("numpy==0.0.1"), "{error}");
    let begun = news.lock().expect("no panic").len();
    assert_eq!(bench.interpreter.prepare(&Dependencies::new(["numpy == 0.0.1"])).await.unwrap_err(), error);
    assert_eq!(news.lock().expect("no panic").len(), begun);
}
