//! Names of functions, constants and letters, whatever notation they come from.

use std::sync::LazyLock;

use super::names::Names;

/// Functions by every name they go by; the first is the canonical one.
const FUNCTIONS: &[&[&str]] = &[
    &["sin"],
    &["cos"],
    &["tan", "tg"],
    &["cot", "cotan", "ctg"],
    &["sec"],
    &["csc", "cosec"],
    &["asin", "arcsin"],
    &["acos", "arccos"],
    &["atan", "arctan", "arctg"],
    &["acot", "arccot", "arcctg"],
    &["asec", "arcsec"],
    &["acsc", "arccsc"],
    &["sinh", "sh"],
    &["cosh", "ch"],
    &["tanh", "th"],
    &["coth"],
    &["sech"],
    &["csch"],
    &["asinh", "arcsinh", "arsinh"],
    &["acosh", "arccosh", "arcosh"],
    &["atanh", "arctanh", "artanh"],
    &["acoth", "arccoth", "arcoth"],
    &["asech", "arcsech", "arsech"],
    &["acsch", "arccsch", "arcsch"],
    &["exp"],
    &["log", "ln"],
    &["lg", "log10"],
    &["lb", "log2"],
    &["sqrt"],
    &["cbrt"],
    &["root"],
    &["abs", "Abs"],
    &["sign", "sgn", "signum"],
    &["floor"],
    &["ceil", "ceiling"],
    &["round"],
    &["factorial"],
    &["factorial2"],
    &["cis"],
    &["atan2", "arctan2"],
    &["det"],
    &["gamma_function", "Gamma"],
    &["zeta_function"],
    &["binomial", "binom", "nCr"],
    &["gcd", "GCD"],
    &["lcm", "LCM"],
    &["max", "Max"],
    &["min", "Min"],
    &["mod", "Mod"],
    &["re", "Re"],
    &["im", "Im"],
    &["conjugate"],
    &["arg"],
    &["erf"],
];

/// The canonical name of a function.
pub(crate) fn canonical(name: &str) -> Option<&'static str> {
    /// Every name with the canonical one.
    static NAMES: LazyLock<Names<&'static str>> =
        LazyLock::new(|| Names::new(FUNCTIONS.iter().flat_map(|names| names.iter().map(|n| (*n, names[0])))));
    NAMES.get(name).map(|(_, canonical)| canonical)
}

/// The inverse that `sin^{-1}` means.
pub(super) fn inverse(name: &str) -> Option<&'static str> {
    Some(match name {
        "sin" => "asin",
        "cos" => "acos",
        "tan" => "atan",
        "cot" => "acot",
        "sec" => "asec",
        "csc" => "acsc",
        "sinh" => "asinh",
        "cosh" => "acosh",
        "tanh" => "atanh",
        "coth" => "acoth",
        "sech" => "asech",
        "csch" => "acsch",
        _ => return None,
    })
}

/// Greek letters by name.
const GREEK: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "vartheta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "rho",
    "varrho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "varphi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
    "ell",
    "hbar",
];

/// The name of a Greek letter, if it is one; variants share a name.
pub(super) fn greek(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<Names<()>> = LazyLock::new(|| Names::new(GREEK.iter().map(|g| (*g, ()))));
    NAMES.get(name).map(|(g, ())| g.strip_prefix("var").unwrap_or(g))
}

/// The name of a Greek character.
pub(super) fn greek_char(c: char) -> Option<&'static str> {
    Some(match c {
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'ε' | 'ϵ' => "epsilon",
        'ζ' => "zeta",
        'η' => "eta",
        'θ' | 'ϑ' => "theta",
        'ι' => "iota",
        'κ' => "kappa",
        'λ' => "lambda",
        'μ' | 'µ' => "mu",
        'ν' => "nu",
        'ξ' => "xi",
        'ρ' => "rho",
        'σ' | 'ς' => "sigma",
        'τ' => "tau",
        'υ' => "upsilon",
        'φ' | 'ϕ' => "phi",
        'χ' => "chi",
        'ψ' => "psi",
        'ω' => "omega",
        'Γ' => "Gamma",
        'Δ' => "Delta",
        'Θ' => "Theta",
        'Λ' => "Lambda",
        'Ξ' => "Xi",
        'Σ' => "Sigma",
        'Φ' => "Phi",
        'Ψ' => "Psi",
        'Ω' => "Omega",
        'ℓ' => "ell",
        'ℏ' => "hbar",
        _ => return None,
    })
}
