//! Special functions by the names that `SymPy` and its kin print. Their names are words and letters too, so they are
//! functions only right before a parenthesis.

use std::sync::LazyLock;

use super::expr::Expr;
use super::function;
use super::names::Names;

/// Special functions by every name they are printed by; the first is the canonical one. Few have values here, and what
/// the others are is not known.
const SPECIAL: &[&[&str]] = &[
    &["gamma_function", "gamma"],
    &["beta"],
    &["zeta_function", "zeta"],
    &["psi", "digamma"],
    &["loggamma", "lgamma", "gammaln"],
    &["trigamma"],
    &["polygamma"],
    &["uppergamma"],
    &["lowergamma"],
    &["multigamma"],
    &["betainc"],
    &["betainc_regularized"],
    &["dirichlet_eta"],
    &["riemann_xi"],
    &["lerchphi"],
    &["polylog"],
    &["stieltjes"],
    &["erfc"],
    &["erfi"],
    &["erf2"],
    &["erfinv"],
    &["erfcinv"],
    &["erf2inv"],
    &["Ei"],
    &["E1"],
    &["expint"],
    &["li"],
    &["Li"],
    &["Si"],
    &["Ci"],
    &["Shi"],
    &["Chi"],
    &["sinc"],
    &["fresnels"],
    &["fresnelc"],
    &["besselj"],
    &["bessely"],
    &["besseli"],
    &["besselk"],
    &["hankel1"],
    &["hankel2"],
    &["airyai"],
    &["airybi"],
    &["airyaiprime"],
    &["airybiprime"],
    &["marcumq"],
    &["hyper"],
    &["meijerg"],
    &["appellf1"],
    &["elliptic_k"],
    &["elliptic_f"],
    &["elliptic_e"],
    &["elliptic_pi"],
    &["mathieus"],
    &["mathieuc"],
    &["mathieusprime"],
    &["mathieucprime"],
    &["jacobi"],
    &["gegenbauer"],
    &["chebyshevt"],
    &["chebyshevu"],
    &["legendre"],
    &["assoc_legendre"],
    &["hermite"],
    &["hermite_prob"],
    &["laguerre"],
    &["assoc_laguerre"],
    &["Ynm"],
    &["Znm"],
    &["DiracDelta"],
    &["Heaviside"],
    &["SingularityFunction"],
    &["KroneckerDelta"],
    &["LeviCivita"],
    &["LambertW", "lambertw"],
    &["bernoulli"],
    &["euler"],
    &["fibonacci"],
    &["lucas"],
    &["tribonacci"],
    &["harmonic"],
    &["catalan"],
    &["genocchi"],
    &["bell"],
    &["subfactorial"],
    &["RisingFactorial"],
    &["FallingFactorial"],
    &["primepi"],
    &["totient"],
    &["reduced_totient"],
    &["divisor_sigma"],
    &["mobius"],
];

/// The canonical name of a special function.
pub(crate) fn canonical(name: &str) -> Option<&'static str> {
    /// Every name with the canonical one.
    static NAMES: LazyLock<Names<&'static str>> =
        LazyLock::new(|| Names::new(SPECIAL.iter().flat_map(|names| names.iter().map(|n| (*n, names[0])))));
    NAMES.get(name).map(|(_, canonical)| canonical)
}

/// The name of a function in an expression whose values are not known here, although they are something definite: what
/// is found unlike it may be the same all the same.
pub(crate) fn without_values(e: &Expr) -> Option<&'static str> {
    let mut found = None;
    e.walk(&mut |part| {
        if let Expr::Call(name, _) = part
            && function::canonical(name).is_none()
        {
            found = found.or(canonical(name));
        }
    });
    found
}
