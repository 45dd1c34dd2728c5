//! How many accepted candidates a domain or a seed may have.
//!
//! Only accepted ones are counted, so that what fails on the way takes nobody's place; what is under way when a quota is
//! filled is refused at the end of its way.

use std::collections::HashMap;

/// The quotas of a run and what has been accepted so far.
#[derive(Debug, Default)]
pub(in crate::engine) struct Quotas {
    per_domain: Option<u64>,
    per_family: Option<u64>,
    domains: HashMap<String, u64>,
    families: HashMap<String, u64>,
}

impl Quotas {
    pub(in crate::engine) fn new(per_domain: Option<u64>, per_family: Option<u64>) -> Self {
        Self { per_domain, per_family, ..Self::default() }
    }

    /// Why there is no room for another of this domain and family; `None` where there is.
    pub(in crate::engine) fn full(&self, domain: Option<&str>, family: Option<&str>) -> Option<String> {
        let over = |most: Option<u64>, counts: &HashMap<String, u64>, name: Option<&str>| {
            most.zip(name).filter(|(most, name)| counts.get(*name).is_some_and(|n| n >= most)).map(|(most, _)| most)
        };
        if let Some(most) = over(self.per_domain, &self.domains, domain) {
            return Some(format!("the domain {} has its {most} candidates", domain.unwrap_or_default()));
        }
        let most = over(self.per_family, &self.families, family)?;
        Some(format!("the seed {} has its {most} candidates", family.unwrap_or_default()))
    }

    /// Counts an accepted candidate.
    pub(in crate::engine) fn count(&mut self, domain: &str, family: Option<&str>) {
        if self.per_domain.is_some() {
            *self.domains.entry(domain.to_owned()).or_default() += 1;
        }
        if let (Some(_), Some(family)) = (self.per_family, family) {
            *self.families.entry(family.to_owned()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_holds_for_domain_and_family_each() {
        let mut quotas = Quotas::new(Some(2), Some(1));
        assert_eq!(quotas.full(Some("logic"), Some("a")), None);
        quotas.count("logic", Some("a"));
        assert!(quotas.full(Some("finance"), Some("a")).unwrap().contains("seed a"));
        assert_eq!(quotas.full(Some("logic"), Some("b")), None);
        quotas.count("logic", None);
        assert!(quotas.full(Some("logic"), None).unwrap().contains("domain logic"));
        assert_eq!(quotas.full(None, None), None);
        let mut unbounded = Quotas::new(None, None);
        unbounded.count("logic", Some("a"));
        assert_eq!(unbounded.full(Some("logic"), Some("a")), None);
    }
}
