//! What to install, in the words of the system that this is.

use std::path::Path;

use crate::words::words;

words! {
    /// Systems by the tool that installs their packages.
    pub(super) enum Family {
        /// Debian, Ubuntu and what is made of them.
        Debian = "debian",
        /// Fedora, RHEL and what is made of them.
        Fedora = "fedora",
        /// openSUSE and SLE.
        Suse = "suse",
        /// Arch and what is made of it.
        Arch = "arch",
        /// Alpine.
        Alpine = "alpine",
        /// macOS.
        Macos = "macos",
        /// Any other.
        Other = "other",
    }
}

/// Installs uv, which brings Pythons and makes venvs, on any system.
const UV: &str = "curl -LsSf https://astral.sh/uv/install.sh | sh";

impl Family {
    /// The family of this machine.
    pub(super) fn here() -> Self {
        if cfg!(target_os = "macos") {
            return Self::Macos;
        }
        let text =
            ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|path| std::fs::read_to_string(path).ok());
        Self::of(&text.unwrap_or_default())
    }

    /// The family that an os-release file tells, by its own name or by what it is like.
    fn of(release: &str) -> Self {
        let value = |key: &str| {
            release.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().replace(['"', '\''], "")
        };
        let names = format!("{} {}", value("ID="), value("ID_LIKE="));
        for name in names.split_whitespace() {
            match name {
                "debian" | "ubuntu" => return Self::Debian,
                "fedora" | "rhel" | "centos" => return Self::Fedora,
                "arch" => return Self::Arch,
                "alpine" => return Self::Alpine,
                name if name.contains("suse") => return Self::Suse,
                _ => {}
            }
        }
        Self::Other
    }

    /// How a Python that fits comes here. `unfit` says that the system's own is known not to fit.
    pub(super) fn python(self, unfit: bool) -> String {
        match self {
            Self::Debian if !unfit => "run `apt install python3 python3-venv` as root".to_owned(),
            Self::Fedora if !unfit => "run `dnf install python3.12` as root".to_owned(),
            Self::Suse if !unfit => "run `zypper install python313` (on Leap 15: python312) as root".to_owned(),
            Self::Alpine if !unfit => "run `apk add python3 py3-pip` as root".to_owned(),
            Self::Macos if !unfit => "run `brew install python@3.13`".to_owned(),
            _ => format!("install uv ({UV}), then `uv python install 3.13`"),
        }
    }

    /// How a Python comes to make venvs. Only the system's own Python gains by the system's packages.
    pub(super) fn venv(self, python: &Path, minor: (u32, u32)) -> String {
        let system = python.starts_with("/usr/bin") || python.starts_with("/bin");
        let uv = format!("install uv ({UV})");
        if !system {
            return format!("{uv}, or a Python that has its venv and pip modules");
        }
        let package = match self {
            // The package without a version goes with the default Python; others have one of their own.
            Self::Debian => {
                let default = Path::new("/usr/bin/python3").canonicalize().is_ok_and(|path| path == python);
                let name =
                    if default { "python3-venv".to_owned() } else { format!("python{}.{}-venv", minor.0, minor.1) };
                format!("apt install {name}")
            }
            Self::Fedora => "dnf install python3-pip".to_owned(),
            Self::Suse => format!("zypper install python{}{}-pip", minor.0, minor.1),
            Self::Arch => "pacman -S python-pip".to_owned(),
            Self::Alpine => "apk add py3-pip".to_owned(),
            Self::Macos | Self::Other => return uv,
        };
        format!("run `{package}` as root, or {uv}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_their_names() {
        for (release, family) in [
            ("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n", Family::Debian),
            ("ID=ubuntu\nID_LIKE=debian\n", Family::Debian),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Family::Debian),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Family::Fedora),
            ("ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", Family::Suse),
            ("ID=manjaro\nID_LIKE=arch\n", Family::Arch),
            ("ID=alpine\n", Family::Alpine),
            ("ID=nixos\n", Family::Other),
            ("", Family::Other),
        ] {
            assert_eq!(Family::of(release), family, "{release}");
        }
    }

    #[test]
    fn only_the_systems_python_is_mended_by_the_systems_packages() {
        let own = Path::new("/opt/python/bin/python3.12");
        assert!(!Family::Debian.venv(own, (3, 12)).contains("apt"));
        let odd = Path::new("/usr/bin/python3.no");
        assert!(Family::Debian.venv(odd, (3, 12)).contains("apt install python3.12-venv"));
        for family in Family::ALL {
            assert!(family.python(true).contains("uv python install"), "{family}");
        }
    }
}
