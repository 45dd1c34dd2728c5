//! Venvs: what may be asked for, and that NumPy works inside.

use std::sync::{Arc, Mutex};

use loong::interpreter::{
    Dependencies, Interpreter, InterpreterError, Job, Limits, Progress, PythonInterpreter, PythonSettings,
};

use crate::{job, settings};

#[tokio::test]
async fn strangers_need_consent_and_only_names_are_taken() {
    let python = PythonInterpreter::new(PythonSettings { offline: true, ..settings() });
    for (requirement, consent) in
        [("left-pad-of-somebody==1.0", true), ("numpy @ https://example.com/x.whl", false), ("-e .", false)]
    {
        let asked = Job { dependencies: Dependencies::new([requirement]), ..job("print(1)") };
        match python.run(asked).await.unwrap_err() {
            InterpreterError::Consent { packages } => assert!(consent && packages == "left-pad-of-somebody"),
            InterpreterError::Venv { .. } => assert!(!consent, "{requirement}"),
            other => panic!("{requirement}: {other}"),
        }
    }
}

#[tokio::test]
async fn offline_names_what_is_not_there() {
    let python = PythonInterpreter::new(PythonSettings { offline: true, ..settings() });
    let told = python.prepare(&Dependencies::new(["numpy==2.2.6"])).await.unwrap_err().to_string();
    assert!(told.contains("numpy==2.2.6") && told.contains("offline"), "{told}");
}

#[tokio::test]
async fn a_python_that_is_not_there_is_named() {
    let python = PythonInterpreter::new(PythonSettings { python: Some("/nowhere/python3".into()), ..settings() });
    let told = python.prepare(&Dependencies::default()).await.unwrap_err();
    assert!(matches!(&told, InterpreterError::NoPython { tried } if tried.contains("/nowhere/python3")), "{told}");
}

/// Makes a real venv from the package index. It is kept where the user's own are, so that it is made once a machine.
#[tokio::test]
async fn numpy_and_networkx_work_inside() {
    let Some(cache) = std::env::var_os("XDG_CACHE_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
    else {
        println!("skipped: there is no cache folder");
        return;
    };
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let python = PythonInterpreter::new(PythonSettings {
        cache_dir: cache.join("loong"),
        progress: Some(Arc::new(move |p: Progress| listener.lock().unwrap().push(p))),
        ..settings()
    });
    let packages = Dependencies::new(["networkx==3.4.2", "numpy==2.2.6", "sympy==1.13.3"]);
    if let Err(InterpreterError::Venv { message, .. }) = python.prepare(&packages).await {
        println!("skipped: the package index is not reached ({message})");
        return;
    }
    let limits = Limits { memory: 512 << 20, ..crate::limits() };
    for (code, stdout) in [
        ("import numpy as np\nprint(int(np.linalg.det(np.array([[2, 1], [1, 3]])).round()))", "5\n"),
        ("import networkx as nx\nprint(nx.diameter(nx.path_graph(10)))", "9\n"),
        ("import sympy as sp\nx = sp.Symbol('x')\nprint(sp.solve(x**2 - 5*x + 6, x))", "[2, 3]\n"),
        (
            "import sympy\nprint(sympy.integrate(sympy.exp(-sympy.Symbol('x')**2), (sympy.Symbol('x'), -sympy.oo, sympy.oo)))",
            "sqrt(pi)\n",
        ),
    ] {
        let asked = Job { code: code.to_owned(), dependencies: packages.clone(), limits };
        let execution = python.run(asked).await.unwrap();
        assert_eq!(execution.stdout, stdout, "{code}\n{}", execution.stderr);
    }
    let hog = Job { code: "import numpy as np\nnp.ones((1 << 20, 1 << 10))".into(), dependencies: packages, limits };
    let execution = python.run(hog).await.unwrap();
    assert_eq!(execution.end, loong::interpreter::End::Memory, "{}", execution.stderr);
    for news in heard.lock().unwrap().iter() {
        assert!(matches!(news, Progress::VenvStarted { .. } | Progress::VenvLine { .. } | Progress::VenvReady { .. }));
    }
}
