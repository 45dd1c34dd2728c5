//! Review: people's decisions, what stands after them, and the figures that follow.
//!
//! [`rates`] says how often the verifier errs, measured against judgements, [`causes`] why, [`panel`] the same of other
//! verifiers beside it; [`people`] sets reviewers against each other, [`kappa`] says how far they agree; [`figures`] counts
//! what a run came to, [`run_report`] says how hard, how diverse, how costly and how slow it was. An audit by sample begins with a [`plan`], whose sizes come from [`allocation`]; what was judged of
//! it gives the rates of all pairs in [`audit`], by the intervals of [`stratified`]; [`plot`] and [`report`] show it.
//! [`rules`] puts a change of the verifier on trial, [`correction`] makes a revision of what a person corrected. [`cleaned`] makes model text fit to be shown to a person,
//! [`difference`] marks what differs in two answers. Plans and pairs are read through the store; everything else works on
//! values that somebody else read.
//!
//! The room must not know how decisions are typed in or drawn.

pub mod allocation;
pub mod audit;
pub mod causes;
pub mod cleaned;
pub mod correction;
pub mod difference;
pub mod figures;
pub mod kappa;
pub mod panel;
pub mod people;
pub mod plan;
pub mod plot;
pub mod promotion;
pub mod proportion;
pub mod rates;
pub mod report;
pub mod rules;
pub mod run_report;
pub mod stratified;
