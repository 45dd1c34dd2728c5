//! The table of units: SI and its prefixes, common units of other systems, time, money, and what counts without unit.

/// name(s), scale, dimension as `base power` pairs, whether SI prefixes apply to the first name (symbol) and the rest.
pub(super) struct Entry(
    pub(super) &'static [&'static str],
    pub(super) &'static str,
    pub(super) &'static [(usize, i8)],
    pub(super) bool,
);

pub(super) const M: usize = 0;
pub(super) const KG: usize = 1;
pub(super) const S: usize = 2;
pub(super) const A: usize = 3;
pub(super) const K: usize = 4;
pub(super) const MOL: usize = 5;
pub(super) const CD: usize = 6;
pub(super) const PERCENT: usize = 7;
pub(super) const DEG: usize = 8;
pub(super) const RAD: usize = 9;
pub(super) const USD: usize = 10;
pub(super) const CELSIUS: usize = 11;
pub(super) const FAHRENHEIT: usize = 12;
pub(super) const BIT: usize = 13;

pub(super) static TABLE: &[Entry] = &[
    Entry(&["m", "meter", "metre"], "1", &[(M, 1)], true),
    Entry(&["g", "gram", "gramme"], "1e-3", &[(KG, 1)], true),
    Entry(&["s", "second", "sec", "secs"], "1", &[(S, 1)], true),
    Entry(&["A", "ampere", "amp"], "1", &[(A, 1)], true),
    Entry(&["K", "kelvin"], "1", &[(K, 1)], true),
    Entry(&["mol", "mole"], "1", &[(MOL, 1)], true),
    Entry(&["cd", "candela"], "1", &[(CD, 1)], true),
    Entry(&["Hz", "hertz"], "1", &[(S, -1)], true),
    Entry(&["N", "newton"], "1", &[(KG, 1), (M, 1), (S, -2)], true),
    Entry(&["Pa", "pascal"], "1", &[(KG, 1), (M, -1), (S, -2)], true),
    Entry(&["J", "joule"], "1", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["W", "watt"], "1", &[(KG, 1), (M, 2), (S, -3)], true),
    Entry(&["C", "coulomb"], "1", &[(A, 1), (S, 1)], true),
    Entry(&["V", "volt"], "1", &[(KG, 1), (M, 2), (S, -3), (A, -1)], true),
    Entry(&["F", "farad"], "1", &[(KG, -1), (M, -2), (S, 4), (A, 2)], true),
    Entry(&["Ω", "ohm", "Ohm", "Omega"], "1", &[(KG, 1), (M, 2), (S, -3), (A, -2)], true),
    Entry(&["T", "tesla"], "1", &[(KG, 1), (S, -2), (A, -1)], true),
    Entry(&["Wb", "weber"], "1", &[(KG, 1), (M, 2), (S, -2), (A, -1)], true),
    Entry(&["H", "henry"], "1", &[(KG, 1), (M, 2), (S, -2), (A, -2)], true),
    Entry(&["L", "l", "liter", "litre"], "1e-3", &[(M, 3)], true),
    Entry(&["eV", "electronvolt"], "1.602176634e-19", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["bar"], "1e5", &[(KG, 1), (M, -1), (S, -2)], true),
    Entry(&["cal", "calorie"], "4.184", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["Da", "amu", "u", "dalton"], "1.66053906660e-27", &[(KG, 1)], false),
    Entry(&["hartree", "Hartree", "Ha"], "4.3597447222071e-18", &[(KG, 1), (M, 2), (S, -2)], false),
    Entry(&["atm", "atmosphere"], "101325", &[(KG, 1), (M, -1), (S, -2)], false),
    Entry(&["Torr", "torr", "mmHg"], "133.322368421", &[(KG, 1), (M, -1), (S, -2)], false),
    Entry(&["psi"], "6894.757293168", &[(KG, 1), (M, -1), (S, -2)], false),
    Entry(&["Å", "angstrom", "Angstrom"], "1e-10", &[(M, 1)], false),
    Entry(&["AU", "au", "astronomical_unit"], "149597870700", &[(M, 1)], false),
    Entry(&["ly", "lightyear", "light-year"], "9460730472580800", &[(M, 1)], false),
    Entry(&["pc", "parsec"], "30856775814913673", &[(M, 1)], true),
    Entry(&["in", "inch", "inches"], "0.0254", &[(M, 1)], false),
    Entry(&["ft", "foot", "feet"], "0.3048", &[(M, 1)], false),
    Entry(&["yd", "yard"], "0.9144", &[(M, 1)], false),
    Entry(&["mi", "mile"], "1609.344", &[(M, 1)], false),
    Entry(&["mph"], "0.44704", &[(M, 1), (S, -1)], false),
    Entry(&["kph", "kmh"], "0.277777777777777777777777777778", &[(M, 1), (S, -1)], false),
    Entry(&["lb", "lbs", "pound"], "0.45359237", &[(KG, 1)], false),
    Entry(&["oz", "ounce"], "0.028349523125", &[(KG, 1)], false),
    Entry(&["ton", "tonne", "t"], "1000", &[(KG, 1)], false),
    Entry(&["gal", "gallon"], "0.003785411784", &[(M, 3)], false),
    Entry(&["acre"], "4046.8564224", &[(M, 2)], false),
    Entry(&["ha", "hectare"], "10000", &[(M, 2)], false),
    Entry(&["min", "minute", "mins"], "60", &[(S, 1)], false),
    Entry(&["h", "hr", "hour", "hrs"], "3600", &[(S, 1)], false),
    Entry(&["day", "d"], "86400", &[(S, 1)], false),
    Entry(&["week"], "604800", &[(S, 1)], false),
    Entry(&["month"], "2629800", &[(S, 1)], false),
    Entry(&["fortnight"], "1209600", &[(S, 1)], false),
    Entry(&["year", "yr", "yrs"], "31557600", &[(S, 1)], false),
    Entry(&["tropical_year"], "31556925.216", &[(S, 1)], false),
    Entry(&["%", "percent", "pct"], "1", &[(PERCENT, 1)], false),
    Entry(&["°", "deg", "degree"], "1", &[(DEG, 1)], false),
    Entry(&["rad", "radian"], "1", &[(RAD, 1)], false),
    Entry(&["USD", "$", "dollar", "dollars"], "1", &[(USD, 1)], false),
    Entry(&["cent", "¢"], "0.01", &[(USD, 1)], false),
    Entry(&["‰", "permille", "permil"], "0.1", &[(PERCENT, 1)], false),
    Entry(&["celsius", "Celsius", "degC", "centigrade"], "1", &[(CELSIUS, 1)], false),
    Entry(&["fahrenheit", "Fahrenheit", "degF"], "1", &[(FAHRENHEIT, 1)], false),
    Entry(&["Wh"], "3600", &[(KG, 1), (M, 2), (S, -2)], true),
    Entry(&["hp", "horsepower"], "745.69987158227022", &[(KG, 1), (M, 2), (S, -3)], false),
    Entry(&["knot", "kn"], "0.514444444444444444444444444444", &[(M, 1), (S, -1)], false),
    Entry(&["dyn", "dyne"], "1e-5", &[(KG, 1), (M, 1), (S, -2)], false),
    Entry(&["erg"], "1e-7", &[(KG, 1), (M, 2), (S, -2)], false),
    Entry(&["lbf"], "4.4482216152605", &[(KG, 1), (M, 1), (S, -2)], false),
    Entry(&["Btu", "BTU"], "1055.05585262", &[(KG, 1), (M, 2), (S, -2)], false),
    Entry(&["siemens"], "1", &[(KG, -1), (M, -2), (S, 3), (A, 2)], false),
    Entry(&["Bq", "becquerel"], "1", &[(S, -1)], true),
    Entry(&["Gy", "gray"], "1", &[(M, 2), (S, -2)], true),
    Entry(&["Gauss", "gauss"], "1e-4", &[(KG, 1), (S, -2), (A, -1)], false),
    Entry(&["pt", "pint"], "0.000473176473", &[(M, 3)], false),
    Entry(&["qt", "quart"], "0.000946352946", &[(M, 3)], false),
    Entry(&["B", "byte"], "8", &[(BIT, 1)], true),
    Entry(&["bit"], "1", &[(BIT, 1)], true),
    Entry(&["KB"], "8e3", &[(BIT, 1)], false),
    Entry(&["KiB", "kibibyte"], "8192", &[(BIT, 1)], false),
    Entry(&["MiB", "mebibyte"], "8388608", &[(BIT, 1)], false),
    Entry(&["GiB", "gibibyte"], "8589934592", &[(BIT, 1)], false),
    Entry(&["TiB", "tebibyte"], "8796093022208", &[(BIT, 1)], false),
    Entry(&["ppm"], "1e-6", &[], false),
    Entry(&["ppb"], "1e-9", &[], false),
    Entry(&["dozen"], "12", &[], false),
    Entry(&["thousand"], "1e3", &[], false),
    Entry(&["million"], "1e6", &[], false),
    Entry(&["billion"], "1e9", &[], false),
    Entry(&["trillion"], "1e12", &[], false),
    Entry(&["None", "none", "unitless", "dimensionless"], "1", &[], false),
];

/// Names that stand for other names: what they measure is said by those.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("rpm", "revolution/minute"),
    ("rev", "revolution"),
    ("revs", "revolution"),
    ("cc", "cm^3"),
    ("ccm", "cm^3"),
    ("sqm", "m^2"),
    ("sqft", "ft^2"),
    ("fps", "ft/s"),
    ("bps", "bit/s"),
    ("kbps", "kbit/s"),
    ("Mbps", "Mbit/s"),
    ("Gbps", "Gbit/s"),
    ("decibel", "dB"),
    ("decibels", "dB"),
    ("pp", "percentage point"),
];

/// Currencies by code, with their other names; the dollar of the United States is a base of its own.
pub(super) const CURRENCIES: &[(&str, &[&str])] = &[
    ("EUR", &["euro", "euros", "Euro", "Euros", "€"]),
    ("GBP", &["£", "quid"]),
    ("JPY", &["yen", "Yen", "¥"]),
    ("INR", &["rupee", "rupees", "₹"]),
    ("CNY", &["yuan", "RMB", "renminbi"]),
    ("KRW", &["won", "₩"]),
    ("PHP", &["peso", "pesos", "₱"]),
    ("CHF", &["francs"]),
    ("CAD", &["C$"]),
    ("AUD", &["A$"]),
];

pub(super) const PREFIXES: &[(&str, &str, i32)] = &[
    ("k", "kilo", 3),
    ("M", "mega", 6),
    ("G", "giga", 9),
    ("T", "tera", 12),
    ("m", "milli", -3),
    ("c", "centi", -2),
    ("d", "deci", -1),
    ("μ", "micro", -6),
    ("µ", "micro", -6),
    ("u", "micro", -6),
    ("n", "nano", -9),
    ("p", "pico", -12),
    ("f", "femto", -15),
    ("h", "hecto", 2),
];
