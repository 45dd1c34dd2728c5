//! Pairs made to exhaust a verifier: huge, deep, or small with a huge value. Tests ask what is said of them, the
//! benchmark how long that takes.

/// What the verifier may say of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Equivalent,
    Different,
    /// Anything but equivalent.
    Unequal,
    /// Anything: only the end counts.
    Any,
}

/// A pair, what it tries, and what may be said of it.
#[derive(Debug)]
pub(crate) struct Hostile {
    pub(crate) name: String,
    pub(crate) reference: String,
    pub(crate) response: String,
    pub(crate) word: Word,
}

/// Every hostile pair; what is long has about `large` bytes, which must be beyond what the verifier reads.
pub(crate) fn all(large: usize) -> Vec<Hostile> {
    let mut found = Vec::new();
    let mut add = |name: &str, word: Word, reference: String, response: String| {
        found.push(Hostile { name: name.to_owned(), reference, response, word });
    };
    sizes(large, &mut add);
    depths(&mut add);
    values(&mut add);
    digits(large, &mut add);
    folding(&mut add);
    containers(&mut add);
    expressions(&mut add);
    texts(large, &mut add);
    found
}

type Add<'a> = &'a mut dyn FnMut(&str, Word, String, String);

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn sizes(large: usize, add: Add) {
    for bracket in
        ["(", ")", "[", "]", "{", "}", "<", "⟨", "|", "\\{", "\\left(", "\\lfloor ", "$", "\\(", "\"", "'", "`"]
    {
        let many = bracket.repeat(large / bracket.len());
        add(&format!("many {bracket}"), Word::Unequal, many, "1".into());
    }
    for piece in [
        "\\boxed{",
        "\\boxed{1}",
        "#### ",
        "answer is ",
        "**",
        "<think>",
        "</think>",
        "{\"answer\":",
        "```json",
        "$1$ ",
    ] {
        let many = piece.repeat(large / piece.len());
        add(&format!("many {piece}"), Word::Any, "7".into(), many);
    }
    for piece in [
        ",", ".", "-", "_", "^", "=", " ", "\n", "\\", "&", "%", "!", "x", "1 ", "+1", "*2", "²", "½", "①", "½1",
        "\\pm",
    ] {
        let many = piece.repeat(large / piece.len());
        add(&format!("many {piece}"), Word::Unequal, "7".into(), format!("\\boxed{{{many}}}"));
        let fits = piece.repeat(60_000 / piece.len());
        add(&format!("60 kB of {piece}"), Word::Any, "7".into(), format!("\\boxed{{{fits}}}"));
        add(&format!("60 kB of {piece} for a reference"), Word::Any, fits, "7".into());
        add(
            &format!("a little of {piece}"),
            Word::Any,
            "7".into(),
            format!("\\boxed{{{}}}", piece.repeat(1_900 / piece.len())),
        );
    }
    let boxes = format!("{}x{}", "\\boxed{".repeat(large / 8), "}".repeat(large / 8));
    add("boxes in boxes", Word::Any, "7".into(), boxes);
    let boxes = (0..large / 12).map(|n| ["\\boxed{0}, ", "\\boxed{1}, ", "\\boxed{2}, "][n % 3]).collect::<String>();
    add("many boxes in a row", Word::Any, "\\{1, 2\\}".into(), boxes);
    let words = "so it goes on and on ".repeat(large / 21);
    add("many words for a response", Word::Unequal, "seven".into(), words.clone());
    add("many words for a reference", Word::Unequal, words.clone(), "seven".into());
    add("twice as many words", Word::Unequal, words.clone(), format!("{words}but no"));
    add("many words around an answer", Word::Equivalent, "7".into(), format!("{words}\\boxed{{7}}"));
    let prose = "the lazy dog jumps ".repeat(1_000);
    add("prose as long as is searched", Word::Unequal, "cat".into(), prose.clone());
    add("two proses as long as is searched", Word::Unequal, prose.clone(), format!("{prose}off"));
    add(
        "a response like a pattern",
        Word::Unequal,
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab".into(),
        "(a+)+$|(a*)*b".repeat(1_000),
    );
    let json = format!("{{\"answer\":{}", "[".repeat(large));
    add("JSON without end", Word::Unequal, "7".into(), json);
    let json = format!("{{\"answer\": {}{}}}", "[".repeat(large / 2), "]".repeat(large / 2));
    add("deep JSON", Word::Unequal, "7".into(), json);
}

fn depths(add: Add) {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("\\{", "\\}"),
        ("\\frac{1}{", "}"),
        ("\\frac{", "}{2}"),
        ("\\sqrt{", "}"),
        ("\\sqrt[3]{", "}"),
        ("sqrt(", ")"),
        ("sqrt(2 + ", ")"),
        ("\\left(", "\\right)"),
        ("\\lfloor ", "\\rfloor "),
        ("\\text{", "}"),
        ("|", "|"),
        ("f(", ")"),
        ("sin(", ")"),
        ("\\sin ", ""),
        ("-", ""),
        ("+-", ""),
        ("x^", ""),
        ("x^{", "}"),
        ("2**", ""),
        ("not ", ""),
        ("\\neg ", ""),
        ("Not(", ")"),
        ("And(a, ", ")"),
        ("{1: ", "}"),
        ("[1, ", "]"),
        ("Union(", ")"),
        ("Eq(x, ", ")"),
        ("\\begin{pmatrix}", "\\end{pmatrix}"),
        ("Matrix([[", "]])"),
        ("1/(1+", ")"),
        ("x=", ""),
        ("\\sum_{k=1}^{", "} k"),
        ("\\int_0^{", "} x dx"),
        ("!(", ")!"),
        ("\\boxed{", "}"),
        ("a \\implies (", ")"),
    ] {
        for depth in [30, 60, 100, 500, 10_000] {
            let nested = format!("{}x{}", open.repeat(depth), close.repeat(depth));
            let other = format!("{}y{}", open.repeat(depth), close.repeat(depth));
            add(&format!("{depth} of {open} against a symbol"), Word::Any, nested.clone(), "q".into());
            add(
                &format!("{depth} of {open}"),
                if open == "Eq(x, " { Word::Any } else { Word::Unequal },
                format!("\\boxed{{{nested}}}"),
                format!("\\boxed{{{other}}}"),
            );
        }
    }
}

fn values(add: Add) {
    let mut rows = |word: Word, pairs: &[(&str, &str)]| {
        for (a, b) in pairs {
            add(&format!("{a} | {b}"), word, (*a).to_owned(), (*b).to_owned());
        }
    };
    rows(
        Word::Unequal,
        &[
            ("9**9**9", "387420489"),
            ("9**9**9", "9**9**8"),
            ("9^{9^{9^9}}", "9^{9^{9^8}}"),
            ("9^{9^{9^9}}", "1"),
            ("9^{9^{9^9}}", "9.0"),
            ("2^{10^{10}}", "2^{10^{10}} + 1"),
            ("2^{10^{10}}", "0"),
            ("(((9**9)**9)**9)**9", "1"),
            ("(1/3)^{99999999}", "0"),
            ("1.0000001^{999999999999}", "1"),
            ("100000!", "1"),
            ("(10**9)!", "1"),
            ("(10**9)!", "(10**9)! + 1"),
            ("((300!)!)!", "2"),
            ("300!^{300!}", "2"),
            ("300!300!300!300!", "1"),
            ("binomial(10**9, 5*10**8)", "1"),
            ("\\binom{1000000000}{500000000}", "\\binom{1000000000}{499999999}"),
            ("\\binom{10^{10^{10}}}{2}", "1"),
            ("1e999999999", "1e999999998"),
            ("1e10000", "1e9999"),
            ("1e10000", "1"),
            ("1e-10000", "0"),
            ("1e9999999999999999999999", "1"),
            ("nan", "nan"),
            ("nan", "0"),
            ("inf", "-inf"),
            ("inf - inf", "0"),
            ("oo*0", "0"),
            ("oo/oo", "1"),
            ("0/0", "0"),
            ("1/0", "oo"),
            ("0^0", "2"),
            ("0^{-1}", "0"),
            ("0**(-1000000000)", "0"),
            ("\\sum_{k=1}^{10^{12}} k", "1"),
            ("\\sum_{k=1}^{10^{12}} \\frac{1}{k}", "28"),
            ("Sum(k, (k, 1, 10**12))", "1"),
            ("\\sum_{k=1}^{\\infty} k", "1"),
            ("\\prod_{k=1}^{10^{12}} k", "1"),
            ("\\prod_{k=1}^{10^6} (1 + \\frac{1}{k})", "1"),
            ("\\sum_{i=1}^{1000}\\sum_{j=1}^{1000}\\sum_{k=1}^{1000} ijk", "1"),
            ("\\int_0^{10^{100}} \\sin(x^{100}) dx", "1"),
            ("\\int_0^1 \\frac{1}{x} dx", "1"),
            ("\\int_0^1\\int_0^1\\int_0^1\\int_0^1 e^{xyzw} dx dy dz dw", "1"),
            ("\\int_0^1 \\sin(\\frac{1}{x}) dx", "1"),
            ("Integral(exp(-x**2), (x, -oo, oo))", "1"),
            ("\\lim_{x \\to 0} \\sin(\\frac{1}{x})", "0"),
            ("\\lim_{n \\to \\infty} n^{n^n}", "0"),
            ("\\frac{d^{1000}}{dx^{1000}} e^{x^2}", "0"),
            ("gcd(10**4000, 3**8000)", "7"),
            ("lcm(10**15, 10**15-1, 10**15-2)", "7"),
            ("mod(10^{1000000}, 7)", "0"),
            ("10^{1000000} \\bmod 7", "0"),
            ("floor(10**100 * pi)", "3"),
            ("1_36", "2"),
            ("sin(10**300)", "0"),
            ("sin(sin(sin(sin(sin(sin(sin(10**15)))))))", "0"),
            ("log(log(log(log(10))))", "1"),
            ("max(1, 2, 3)**10000000", "1"),
            ("sqrt(18446744073709551615)", "4294967296"),
            ("10^{20} + \\sin(1)", "10^{20} + \\cos(1)"),
            ("18446744073709551557^{1/12}", "3"),
            ("1000000 \\text{ Qm}^{99999999}", "1 m"),
            ("1 m^{2147483647}", "1 m"),
            ("1 km^{99999}", "1 m^{99999}"),
            ("1 km^{-2000000000}", "1 m"),
            ("10^{400} km", "10^{401} m"),
        ],
    );
    rows(Word::Equivalent, &[("inf", "oo"), ("10^{400} km", "10^{403} m"), ("20!", "2432902008176640000")]);
}

fn digits(large: usize, add: Add) {
    let digits = "7".repeat(large);
    let mut other = digits.clone();
    other.replace_range(large / 2..=large / 2, "8");
    add("a million digits, one other", Word::Different, digits.clone(), other.clone());
    add("a million digits, boxed", Word::Equivalent, digits.clone(), format!("\\boxed{{{digits}}}"));
    add("a million digits, negative", Word::Different, digits.clone(), format!("-{digits}"));
    add("a million digits against a point", Word::Unequal, digits.clone(), format!("{}.5", &digits[1..]));
    add("two of a million decimals", Word::Unequal, format!("0.{digits}"), format!("0.{other}"));
    add("a million digits against one", Word::Unequal, digits.clone(), "7".into());
    add("a million digits as an exponent", Word::Unequal, format!("1e{digits}"), "7".into());
    add("a million zeros", Word::Any, "0".repeat(large), "0".into());
    let fits = "7".repeat(4_000);
    add("the most digits there may be", Word::Different, fits.clone(), format!("{}8", &fits[1..]));
    add("the most digits, with a point", Word::Any, format!("{fits}.5"), format!("{fits}.25"));
    add("the most digits, divided", Word::Any, format!("{fits}/{}", &fits[1..]), format!("1{fits}/{}", &fits[3..]));
    add(
        "sums of the most digits",
        Word::Any,
        format!("{fits}/3+").repeat(14) + "1",
        format!("{fits}/7+").repeat(14) + "1",
    );
    add(
        "products of the most digits",
        Word::Any,
        format!("{fits}*").repeat(14) + "1",
        format!("{fits}*").repeat(13) + "1",
    );
}

fn folding(add: Add) {
    let fits = "7".repeat(4_000);
    for number in ["1e10000", "1e-10000", "1.5e9999", "7e-9999", "1/3e9999", fits.as_str(), "0.001", "300!"] {
        let repeated = |n: usize, last: &str| {
            (0..n.min(60_000 / number.len())).map(|_| number.to_owned() + ", ").collect::<String>() + last
        };
        add(
            &format!("a list of {number:.20}"),
            Word::Any,
            format!("[{}]", repeated(9_000, "1")),
            format!("[{}]", repeated(9_000, "2")),
        );
        add(
            &format!("a set of {number:.20}"),
            Word::Any,
            format!("\\{{{}\\}}", repeated(60, "1")),
            format!("\\{{{}\\}}", repeated(60, "2")),
        );
        add(&format!("a sum of {number:.20}"), Word::Any, repeated(9_000, "1").replace(',', "+"), "3".into());
        add(&format!("a product of {number:.20}"), Word::Any, repeated(9_000, "1").replace(',', "*"), "3".into());
        add(&format!("quotients of {number:.20}"), Word::Any, repeated(9_000, "1").replace(',', "/"), "3".into());
    }
    let unlike = |sign: &str| {
        format!("\\{{{}\\}}", (0..60).map(|n| format!("1e{sign}{}", 9_900 + n)).collect::<Vec<_>>().join(","))
    };
    add("sets of huge numbers", Word::Unequal, unlike(""), unlike("").replace("1e", "2e"));
    add("sets of tiny numbers", Word::Unequal, unlike("-"), unlike("-").replace("1e", "2e"));
    let long = |d: u32| {
        format!("\\{{{}\\}}", (0..15).map(|n| format!("{}{}", &fits[1..], 10 * n + d)).collect::<Vec<_>>().join(","))
    };
    add("sets of long numbers", Word::Unequal, long(100), long(101));
    let long = |d: u32| {
        format!("\\{{{}\\}}", (0..15).map(|n| format!("0.{}{}", &fits[10..], 10 * n + d)).collect::<Vec<_>>().join(","))
    };
    add("sets of long decimals", Word::Any, long(100), long(101));
    let many = |d: u32| (0..4_000).map(|n| format!("1/{}", 3 * n + d)).collect::<Vec<_>>().join("+");
    add("four thousand fractions", Word::Unequal, many(2), many(1));
    let floats = (1..4_000).map(|n| format!("0.{n}1e-{}", n % 300)).collect::<Vec<_>>().join("+");
    add("four thousand decimals of all sizes", Word::Unequal, floats, "1".into());
    let roots = |from: u32| (from..from + 2_000).map(|n| format!("sqrt({n})")).collect::<Vec<_>>().join("+");
    add("two thousand roots", Word::Unequal, roots(1), roots(2));
    let roots =
        (0..500).map(|n| format!("{}^{{1/11}}", 18_446_744_073_709_551_557_u64 - n)).collect::<Vec<_>>().join("+");
    add("roots of primes", Word::Unequal, roots, "3".into());
    let powers = (1u32..800).map(|n| format!("{n}^{}", 12_000 / (n.ilog2() + 1))).collect::<Vec<_>>();
    add("powers as large as are folded", Word::Unequal, powers.join("+"), "3".into());
    add("powers as large as are folded, in a list", Word::Unequal, format!("[{}]", powers.join(", ")), "[3]".into());
    add("factorials as large as are folded", Word::Unequal, "300!+".repeat(4_000) + "1", "3".into());
}

fn containers(add: Add) {
    let numbers = |range: &mut dyn Iterator<Item = u32>| joined(range.map(|n| n.to_string()));
    for (open, close, word) in
        [("[", "]", Word::Different), ("\\{", "\\}", Word::Equivalent), ("(", ")", Word::Different)]
    {
        let up = format!("{open}{}{close}", numbers(&mut (0..10_000)));
        let down = format!("{open}{}{close}", numbers(&mut (0..10_000).rev()));
        add(&format!("ten thousand elements in {open} in another order"), word, up, down);
    }
    let up = numbers(&mut (0..10_000));
    add("ten thousand bare elements, one other", Word::Unequal, up.clone(), format!("{up}0"));
    add("ten thousand bare elements in another order", Word::Any, up.clone(), numbers(&mut (0..10_000).rev()));
    add("ten thousand elements against one", Word::Unequal, up, "5".into());
    let set = |by: u32| format!("{{{}}}", joined((0..60).map(|n| format!("x^{} + \\sin({n}x)", n + by))));
    add("sets of functions", Word::Unequal, set(0), set(1));
    let set =
        |by: u32| format!("\\{{{}\\}}", joined((0..64).map(|n| format!("\\sqrt{{{}}}+\\sqrt{{{}}}", n + 2, n + by))));
    add("sets of roots", Word::Unequal, set(3), set(4));
    let set = |by: u32| format!("\\{{{}\\}}", joined((0..64).map(|n| format!("x_{{{n}}}={}", n + by))));
    add("sets of equations", Word::Unequal, set(3), set(4));
    let set = |by: u32| format!("\\{{{}\\}}", joined((0..500).map(|n| format!("x^{{{n}}}-{by}=0"))));
    add("many equations", Word::Unequal, set(3), set(4));
    let words = |by: u32| joined((0..3_000).map(|n| format!("'w{}'", n * by)));
    add("sets of words", Word::Unequal, format!("{{{}}}", words(3)), format!("{{{}}}", words(4)));
    let mapping = |by: i32| format!("{{{}}}", joined((0..3_000).map(|n| format!("{}: {n}", n * by + n % 7))));
    add("mappings with other keys", Word::Unequal, mapping(3), mapping(-3));
    let mapping = |by: usize| {
        format!("{{{}}}", joined((0..3_000).map(|n| format!("'k{}': {}", (n * 7) % 3_000, (n * 7) % 3_000 + by))))
    };
    add("mappings with other values", Word::Unequal, mapping(0), mapping(1));
    let mapping = |up: bool| {
        let n: Vec<u32> = if up { (0..2_000).collect() } else { (0..2_000).rev().collect() };
        format!("{{{}}}", joined(n.iter().map(|n| format!("sqrt({n}): {n}"))))
    };
    add("mappings in another order", Word::Any, mapping(true), mapping(false));
    let rows = |n: u32, by: u32| {
        joined((0..n).map(|i| format!("[{}]", joined((0..n).map(|j| format!("{}", i * n + j + by))))))
    };
    add(
        "a matrix longer than is read",
        Word::Unequal,
        format!("Matrix([{}])", rows(400, 0)),
        format!("Matrix([{}])", rows(400, 1)),
    );
    add(
        "a matrix of ninety by ninety",
        Word::Unequal,
        format!("Matrix([{}])", rows(90, 0)),
        format!("Matrix([{}])", rows(90, 1)),
    );
    add("a matrix against a list", Word::Any, format!("Matrix([{}])", rows(90, 0)), format!("[{}]", rows(90, 0)));
    let latex = |n: u32, by: &str| {
        (0..n)
            .map(|i| (0..n).map(|j| format!("a_{{{i}{j}}}{by}")).collect::<Vec<_>>().join("&"))
            .collect::<Vec<_>>()
            .join("\\\\")
    };
    for n in [8, 12, 40] {
        let determinant = |by: &str| format!("\\begin{{vmatrix}}{}\\end{{vmatrix}}", latex(n, by));
        add(&format!("determinants of {n} by {n} symbols"), Word::Unequal, determinant(""), determinant("+1"));
        let code = format!(
            "det(Matrix([{}]))",
            joined((0..n).map(|i| format!("[{}]", joined((0..n).map(|j| format!("a{i}_{j}"))))))
        );
        add(&format!("the determinant of {n} by {n} symbols in code"), Word::Unequal, code, "1".into());
        let power = format!("\\begin{{pmatrix}}{}\\end{{pmatrix}}^{{1000000}}", latex(n, ""));
        add(&format!("a power of {n} by {n} symbols"), Word::Unequal, power, "1".into());
    }
    let union = |by: u32| (0..90).map(|n| format!("({},{})", 3 * n, 3 * n + by)).collect::<Vec<_>>().join("\\cup");
    add("unions of intervals", Word::Different, union(1), union(2));
    let union = |by: u32| (0..3_000).map(|n| format!("({},{})", 3 * n, 3 * n + by)).collect::<Vec<_>>().join("\\cup");
    add("unions of too many intervals", Word::Unequal, union(1), union(2));
    let union = |by: u32| {
        (0..15)
            .map(|n| format!("(\\sqrt{{{}}},\\sqrt{{{}}})", 9 * n + 2, 9 * n + 2 + by))
            .collect::<Vec<_>>()
            .join("\\cup")
    };
    add("unions of intervals between roots", Word::Unequal, union(1), union(2));
    let either = |n: u32, last: &str| (0..n).map(|i| format!("(p{i} | ~p{i})")).collect::<Vec<_>>().join(" & ") + last;
    for n in [9, 10, 11, 500] {
        add(&format!("truth tables of {n}"), Word::Unequal, either(n, ""), either(n, " & p0"));
    }
    let chain = |by: u32| (0..500).map(|n| format!("x_{{{n}}}")).collect::<Vec<_>>().join("<") + &by.to_string();
    add("chains of inequalities", Word::Unequal, chain(1), chain(2));
    let chain = |by: u32| (0..300).map(|n| format!("x^{}+{}", n % 7, n + by)).collect::<Vec<_>>().join("=");
    add("chains of equations", Word::Any, chain(1), chain(2));
    let nested = |by: &str| {
        (0..4).fold(by.to_owned(), |inner, _| format!("\\{{{}\\}}", joined((0..6).map(|n| format!("({n}, {inner})")))))
    };
    add("sets in sets in sets in sets", Word::Unequal, nested("x"), nested("y"));
    let builder = |by: &str| (0..400).map(|n| format!("x \\neq {n}{by}")).collect::<Vec<_>>().join(" \\text{ and } ");
    add("many conditions", Word::Any, builder(""), builder(".5"));
}

fn expressions(add: Add) {
    let polynomial = |power: u32, by: &str| format!("(a+b+c+d+e+f)^{{{power}}}{by}");
    add("a power of a sum of six", Word::Unequal, polynomial(60, ""), polynomial(60, "+a"));
    add("a huge power of a sum of six", Word::Unequal, polynomial(60_000_000, ""), polynomial(60_000_000, "+a"));
    add("two powers of a sum of six", Word::Unequal, polynomial(60, ""), polynomial(59, ""));
    add(
        "a power of a power of sums",
        Word::Unequal,
        "(((a+b)^{50}+c)^{50}+d)^{50}".into(),
        "(((a+b)^{50}+c)^{50}+d)^{51}".into(),
    );
    let towers = format!("{}2^{{10}}\\cdot 3!\\binom{{10}}{{3}}\\circ", "45^".repeat(20)).repeat(60);
    add("a row of towers", Word::Any, towers, "5".into());
    let powers = "\\frac{45^{2^{10}}}{44^{2^{10}}}".repeat(200);
    add("a row of large fractions", Word::Any, powers, "5".into());
    add("modules of modules", Word::Any, format!("{}sqrt(2)", "np.".repeat(6_000)), "5".into());
    add("a derivative by thousands", Word::Any, format!("Derivative(f(x){})", ", x".repeat(3_000)), "5".into());
    add("the floor of a matrix", Word::Any, "Matrix([[1, 2], [3, x**2]])//3".into(), "5".into());
    add("the floor of a tuple", Word::Any, "(1, 2)//3".into(), "5".into());
    add("floors of floors", Word::Any, format!("1{}", "//k".repeat(3_000)), "5".into());
    add(
        "a ratio of a thousand to a long product",
        Word::Unequal,
        format!("1{}{}", "/K1".repeat(1_500), ":10".repeat(1_000)),
        "5".into(),
    );
    add(
        "a ratio of a thousand to a long number",
        Word::Any,
        format!("{}{}", "10".repeat(4_000), ":30".repeat(2_000)),
        "5".into(),
    );
    add(
        "a vector of a thousand times a long product",
        Word::Unequal,
        format!("{}({})", "x_1y_2".repeat(400), vec!["a+1"; 800].join(",")),
        "5".into(),
    );
    let matrix = r"\begin{pmatrix}1&2\\-3&x^{2}\end{pmatrix}";
    for (name, text) in [
        ("a product of sixty matrices", matrix.repeat(60)),
        (
            "cases in the conditions of cases",
            format!("{}1{}", r"f(x)=\begin{cases}x&".repeat(20), r"x>0\\-x&\text{otherwise}\end{cases}".repeat(20)),
        ),
        ("an inverse of inverses", format!("{}{matrix}{}", "(".repeat(12), "^{-1})".repeat(12))),
        ("a power of powers of a matrix", format!("{}{matrix}{}", "(".repeat(6), "^{9})".repeat(6))),
    ] {
        add(name, Word::Unequal, text, "7".into());
    }
    let variables = |by: &str| (0..200).map(|n| format!("\\sin(x_{{{n}}}{by})")).collect::<Vec<_>>().join("+");
    add("two hundred variables", Word::Unequal, variables(""), variables("+1"));
    let variables = |from: u32| (from..from + 200).map(|n| format!("x_{{{n}}}")).collect::<Vec<_>>().join("+");
    add("two hundred renamed variables", Word::Unequal, variables(0), variables(1));
    let equation =
        |from: u32| format!("{} = 0", (from..from + 200).map(|n| format!("x_{{{n}}}^2")).collect::<Vec<_>>().join("+"));
    add("equations of two hundred variables", Word::Unequal, equation(0), equation(1));
    add("an equation solved for each of two hundred variables", Word::Unequal, equation(0), "y".into());
    let calls = |n: u32, by: &str| (0..n).map(|i| format!("\\sin({i}x{by})")).collect::<Vec<_>>().join("+");
    add("sums of sines", Word::Unequal, calls(900, ""), calls(900, "+1"));
    add("more sines", Word::Unequal, calls(3_000, ""), calls(3_000, "+1"));
    let sines = |by: &str| (0..900).map(|i| format!("\\sin({i}x+1{by})")).collect::<Vec<_>>().concat();
    add("products of sines", Word::Unequal, sines(""), sines("+y"));
    let fraction = |n: u32, by: &str| (0..n).fold(format!("x{by}"), |inner, _| format!("\\frac{{1}}{{1+{inner}}}"));
    add("continued fractions", Word::Unequal, fraction(30, ""), fraction(30, "^2"));
    let radical = |n: u32, by: &str| (0..n).fold(format!("x{by}"), |inner, _| format!("\\sqrt{{2+{inner}}}"));
    add("nested radicals", Word::Any, radical(30, ""), radical(30, "^2"));
    let unknown = |by: &str| (0..60).fold(format!("x{by}"), |inner, i| format!("f({inner}+{i})"));
    add("nested unknown functions", Word::Unequal, unknown(""), unknown("+1"));
    let binomials =
        |by: &str| (0..600).map(|i| format!("\\binom{{x{by}}}{{{}}}", 400 + i % 100)).collect::<Vec<_>>().join("+");
    add("binomials of a variable", Word::Any, binomials(""), binomials("+1"));
    let factorials = |by: &str| (0..900).map(|i| format!("(n{by})!/{}", i + 1)).collect::<Vec<_>>().join("+");
    add("factorials of a variable", Word::Any, factorials(""), factorials("+1"));
    let powers =
        |by: &str| (0..900).map(|i| format!("(x+i)^{{{}{by}}}", 1_000_000_007 + i)).collect::<Vec<_>>().join("+");
    add("complex powers", Word::Any, powers(""), powers("1"));
    let roots =
        |by: u32| (0..600).map(|i| format!("\\sqrt[{}]{{x+{i}}}", 2 + (i + by) % 11)).collect::<Vec<_>>().join("+");
    add("roots of a variable", Word::Unequal, roots(0), roots(1));
    let signs = |n: usize| "1 \\pm ".repeat(n) + "x";
    add("ambiguous signs", Word::Any, signs(200), signs(100));
    for (name, base, mark) in [
        ("factorials of factorials", "x", "!"),
        ("degrees of degrees", "1", "^\\circ"),
        ("percents of percents", "1", "%"),
        ("primes", "f", "'"),
        ("subscripts", "x", "_1"),
        ("arguments", "f", "(x)"),
        ("exponents", "x", "^2"),
        ("indices", "x", "[1]"),
        ("powers of powers", "(x+1)", "^{-1}"),
        ("inverse functions", "\\sin", "^{-1}"),
        ("signs of a number", "1", "-"),
        ("mixed numbers", "1", " 1/2"),
        ("bases", "1", "_2"),
        ("moduli", "7", "\\bmod 5"),
        ("remainders", "7", " mod 5"),
        ("differences of sets", "A", "\\setminus [1,2]"),
        ("sets less sets", "\\{1\\}", "-\\{2\\}"),
        ("unions and intersections", "[1,2]", "\\cup[3,4]\\cap[5,6]"),
        ("implications", "a", "\\implies b\\iff c"),
        ("alternatives", "x=1", "\\land y=2\\lor z=3"),
    ] {
        for times in [5, 60, 5_000] {
            let many = format!("{base}{}", mark.repeat(times));
            add(&format!("{times} {name}"), Word::Any, many.clone(), format!("{many}{mark}"));
            add(&format!("{times} {name} against a number"), Word::Any, many, "5".into());
        }
    }
    let unary = |by: &str| format!("{}x{by}", "-+".repeat(50));
    add("signs in a row", Word::Any, unary(""), unary("^2"));
    let sums =
        |n: u32| (0..n).map(|i| format!("\\sum_{{k=1}}^{{{}}} k^{{{i}}}", 1_000 + i)).collect::<Vec<_>>().join("+");
    add("sums of sums", Word::Unequal, sums(30), sums(29));
    let integrals =
        |n: u32| (0..n).map(|i| format!("\\int_0^{{{}}} e^{{-x^2}} dx", i + 1)).collect::<Vec<_>>().join("+");
    add("sums of integrals", Word::Unequal, integrals(30), integrals(29));
    let limits = |n: u32| {
        (0..n).map(|i| format!("\\lim_{{x \\to 0}} \\frac{{\\sin({}x)}}{{x}}", i + 1)).collect::<Vec<_>>().join("+")
    };
    add("sums of limits", Word::Unequal, limits(30), limits(29));
    add("an expression as long as is read", Word::Unequal, "x+y*z-".repeat(9_000) + "1", "x+y*z-".repeat(9_000) + "2");
    add("a product as long as is read", Word::Unequal, "xyz".repeat(7_000), "xyz".repeat(6_999) + "xy");
    add("quotients as long as are read", Word::Unequal, "x/".repeat(9_000) + "y", "x/".repeat(9_000) + "z");
    add("powers as long as are read", Word::Any, "x^2*".repeat(5_000) + "y", "x^2*".repeat(5_000) + "z");
    add("a unit as long as is read", Word::Unequal, format!("3 {}", "m*s/kg*".repeat(5_000)), "3 m".into());
    add("units in words", Word::Unequal, format!("3 {}", "apples per ".repeat(2_000)), "3 apples".into());
}

fn texts(large: usize, add: Add) {
    for (name, piece) in [
        ("combining marks", "\u{301}"),
        ("combining marks of many classes", "\u{301}\u{323}\u{345}\u{5b0}"),
        ("joiners", "\u{200d}"),
        ("families", "👨‍👩‍👧"),
        ("turns of direction", "\u{202e}"),
        ("isolates", "\u{2066}"),
        ("replacement characters", "\u{fffd}"),
        ("private use", "\u{e000}"),
        ("supplementary private use", "\u{10ffff}"),
        ("ligatures that decompose", "\u{fdfa}"),
        ("Hangul", "\u{ac01}"),
        ("variation selectors", "\u{fe0f}"),
        ("tags", "\u{e0041}"),
        ("NUL", "\u{0}"),
        ("escapes", "\u{1b}["),
        ("capital dotted I", "İ"),
        ("mathematical letters", "𝔁"),
        ("Arabic digits", "٣"),
        ("superscripts", "⁹"),
        ("subscripts", "₉"),
        ("vulgar fractions", "⅐"),
    ] {
        for size in [large / 8, 1_000] {
            let many = piece.repeat(size);
            add(
                &format!("{size} {name}"),
                Word::Any,
                "5".into(),
                format!("\\boxed{{5{many}}}").replace("5\u{200d}", "6\u{200d}"),
            );
            add(&format!("{size} {name} for a reference"), Word::Any, format!("é{many}"), "é".into());
        }
    }
    add("marks without a letter", Word::Any, "\u{301}".repeat(30_000), "\u{323}".repeat(30_000));
    add("a word with marks", Word::Any, format!("word{}", "\u{301}".repeat(10_000)), "word".into());
    let options = "A) one B) two C) three ".repeat(1_000);
    add("options without end", Word::Unequal, "B".into(), options);
    let numbers = "two hundred and five thousand ".repeat(600);
    add("numbers in words", Word::Any, "seven".into(), numbers.clone());
    add("numbers in words for a reference", Word::Any, numbers, "seven".into());
    let and = "one and ".repeat(2_400);
    add("words joined", Word::Any, "seven".into(), and);
    let money = "$1 and ".repeat(8_000);
    add("amounts of money", Word::Any, "seven".into(), money);
    let comma = "1,000,".repeat(10_000);
    add("commas that may group", Word::Any, "1000, 1000".into(), format!("\\boxed{{{comma}1}}"));
    let text = "\\text{a}".repeat(7_000);
    add("many words of LaTeX", Word::Any, "seven".into(), format!("\\boxed{{{text}}}"));
    for piece in [
        "\\text{",
        "\\mathrm{",
        "\\operatorname{",
        "\\left",
        "\\left(",
        "\\right)",
        "\\begin{pmatrix}",
        "\\end{pmatrix}",
        "\\begin{array}{",
        "\\begin{cases}",
        "\\\\",
        "\\sqrt[",
        "\\sqrt",
        "\\frac{1}",
        "\\binom",
        "\\sin",
        "\\sin^",
        "\\log_",
        "\\sum_",
        "\\int_0",
        "\\lim_",
        "1:",
        "1:2,",
        "a:b,",
        "{1:",
        "x_",
        "x^",
        "\\circ",
        "\\mid ",
        "\\cup",
        "\\in",
        "\\land ",
        "\\neg ",
        "\\,",
        "\\%",
        "\\$1",
        "$1 ",
        "1 1/2 ",
        "Matrix(",
        "Interval(",
        "f(",
        "f^",
        "sqrt",
        "sin ",
        "x'",
        "1'",
        "5°",
        "5° 3' ",
        "~",
        "& ",
        "1_",
        "1,",
        "1,000",
        "1.",
        ".1",
        "1e",
        "1e5",
        "and ",
        "or ",
        "not ",
        "1 and ",
        "x = ",
        "x < ",
        "is in ",
        "one ",
        "two ",
        "hundred ",
        "twenty-",
        "a",
        "A",
        "ab ",
        "(A) ",
        "A. ",
        "m",
        "m ",
        "1 m ",
        "m/s ",
        "mu ",
        "\\mu ",
        "per ",
        "İ",
        "ß",
        "e\u{301}",
        "\n",
        "\\n",
        "\t",
        "\"a\",",
        "'",
        "'a',",
        "...",
        "–",
        "→",
        "∪",
        "√",
        "∑",
        "≤",
        "⟨",
        "⌊",
        "||",
        "|x|",
        "[1,",
        "(1,",
        "{1,",
        "\\{1,",
        "%",
        "1%",
        "$",
        "€",
        "# ",
        "#### ",
        "```",
        "/",
        "//",
        "<",
        "<=",
        "->",
        "<->",
        "H_2O + ",
        "2^",
        "-1*",
        "i*",
        "pi",
        "oo*",
        "nan,",
        "x!",
        "3!",
        "!!",
    ] {
        for size in [60_000, 1_500] {
            let many = piece.repeat(size / piece.len());
            add(&format!("{size} bytes of {piece}"), Word::Any, "seven".into(), format!("\\boxed{{{many}}}"));
            add(&format!("{size} bytes of {piece} on both sides"), Word::Any, many.clone() + "1", many.clone() + "2");
            add(
                &format!("{size} bytes of {piece} in prose"),
                Word::Any,
                "seven lamps".into(),
                format!("so we say {many}"),
            );
        }
    }
    for mixed in ["x y/", "π/2", " m/s", "^2/sm", "2x*", "3 4/", "x(y)*", "a:b c:", "10:30", "N·eV%", "\\sin x y/"] {
        let many = mixed.repeat(20_000 / mixed.len());
        add(&format!("many {mixed} multiplied"), Word::Any, "5".into(), format!("5{many}5"));
    }
    let frac = "\\frac".repeat(12_000);
    add("commands without arguments", Word::Any, "seven".into(), format!("\\boxed{{{frac}}}"));
    let unknown = "\\qwertyuiop".repeat(5_000);
    add("commands that are none", Word::Any, "seven".into(), format!("\\boxed{{{unknown}}}"));
    let begin = "\\begin{x}".repeat(6_000);
    add("environments without end", Word::Any, "seven".into(), format!("\\boxed{{{begin}}}"));
    let quotes = "'a', \"b\", ".repeat(6_000);
    add("quoted words", Word::Any, "seven".into(), format!("[{quotes}1]"));
    let dates = "31 March 1909, ".repeat(1_300);
    add("dates", Word::Any, "30 March 1909".into(), dates);
    let chemistry = "2H_2 + O_2 -> 2H_2O, ".repeat(2_500);
    add("reactions", Word::Any, "H_2O".into(), format!("\\boxed{{{chemistry}}}"));
    let code = "print(2+3)\nimport os\n".repeat(2_500);
    add("a program", Word::Unequal, "5".into(), code);
    let html = "<b>5</b>".repeat(6_000);
    add("mark-up", Word::Any, "5".into(), html);
}
