"""Tier 5 of the verifier: whether two answers that native tiers could not compare are the same.

`answer(question)` prints one line of JSON. A question is a tree of tags, digits and indices: nothing in it is ever parsed
or evaluated as text, and a symbol has a number instead of a name. Every tree is read twice, into SymPy objects and by
mpmath into numbers, and "same" needs both to agree.
"""

import json

import mpmath
import sympy
from mpmath import mp

MOST_BITS = 60000  # of a number that powers, factorials and binomials may make
TERMS = 5000  # of a finite sum that are added up
POINTS = 8
FEW_POINTS = 3  # where sums, integrals and limits cost much at each


class Unsupported(Exception):
    """The tree has something that is not worked with here."""


OPERATORS = ("sum", "product", "integral", "antiderivative", "limit", "derivative")


def any_node(node, test):
    if not isinstance(node, list):
        return False
    return test(node) or any(any_node(part, test) for part in node)


def has_operator(node):
    return any_node(node, lambda n: n and n[0] in OPERATORS)


def symbols_of(node, found=None):
    found = set() if found is None else found
    if isinstance(node, list):
        if node and node[0] == "s":
            found.add(node[1])
        for part in node:
            symbols_of(part, found)
    return found


COUNTING = ("factorial", "factorial2", "binomial", "mod")


def counters_of(node, found):
    """Free symbols that count: bounds of sums and products, arguments of factorials."""
    if isinstance(node, list) and node:
        if node[0] in ("sum", "product"):
            symbols_of(node[3:], found)
        elif node[0] == "f" and node[1] in COUNTING:
            symbols_of(node[2:], found)
        for part in node:
            counters_of(part, found)
    return found


# --- SymPy objects ---


def small_power(base, exponent):
    """Refuses a power of numbers that would not fit anywhere."""
    if base.is_Rational and exponent.is_Rational:
        bits = max(base.p.bit_length(), base.q.bit_length())
        if bits > 1 and abs(exponent) * bits > MOST_BITS:
            raise Unsupported("a number too large to write down")
    return sympy.Pow(base, exponent)


def small(function, most):
    def build(*arguments):
        if any(a.is_number and (not a.is_Rational or abs(a) > most) for a in arguments):
            raise Unsupported("a number too large to write down")
        return function(*arguments)

    return build


def real_root(x, n):
    if n.is_Integer and n % 2 == 1 and n > 0:
        return sympy.sign(x) * sympy.Abs(x) ** (1 / n)
    return x ** (1 / n)


FUNCTIONS = {
    name: getattr(sympy, name)
    for name in (
        "sin cos tan cot sec csc asin acos atan acot asec acsc sinh cosh tanh coth sech csch asinh acosh atanh acoth "
        "asech acsch exp log sqrt sign floor atan2 re im conjugate arg erf"
    ).split()
}
FUNCTIONS.update(
    {
        "lg": lambda x: sympy.log(x, 10),
        "lb": lambda x: sympy.log(x, 2),
        "abs": sympy.Abs,
        "ceil": sympy.ceiling,
        "cbrt": lambda x: real_root(x, sympy.Integer(3)),
        "root": real_root,
        "cis": lambda x: sympy.exp(sympy.I * x),
        "max": sympy.Max,
        "min": sympy.Min,
        "mod": sympy.Mod,
        "factorial": small(sympy.factorial, 2000),
        "factorial2": small(sympy.factorial2, 2000),
        "gamma_function": small(sympy.gamma, 2000),
        "binomial": small(sympy.binomial, 2000),
    }
)
CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
SIDES = {1: "+", -1: "-", 0: "+-"}


class Builder:
    """Trees to SymPy objects by a closed table of constructors."""

    def __init__(self, counters, positive=False):
        self.counters, self.positive, self.symbols = counters, positive, {}

    def symbol(self, index):
        if index not in self.symbols:
            counts = index in self.counters
            traits = {"integer": True, "positive": True} if counts else {"real": True}
            if self.positive:
                traits["positive"] = True
            self.symbols[index] = sympy.Symbol(f"s{index}", **traits)
        return self.symbols[index]

    def unknown(self, index, primes, arguments):
        function = sympy.Function(f"f{index}")
        if not primes:
            return function(*arguments)
        if len(arguments) != 1:
            raise Unsupported("a primed function of several variables")
        if arguments[0].is_Symbol:
            return sympy.Derivative(function(arguments[0]), (arguments[0], primes))
        variable = sympy.Dummy(real=True)
        return sympy.Subs(sympy.Derivative(function(variable), (variable, primes)), variable, arguments[0])

    def bound(self, node, bound, **traits):
        variable = sympy.Dummy(f"b{node[1]}", **traits)
        return variable, self.build(node[2], {**bound, node[1]: variable})

    def build(self, node, bound):
        tag, build = node[0], lambda n: self.build(n, bound)
        if tag == "n":
            return sympy.Integer(int(node[1]))
        if tag == "q":
            return sympy.Rational(int(node[1]), int(node[2]))
        if tag == "c":
            return CONSTANTS[node[1]]
        if tag == "s":
            return self.symbol(node[1])
        if tag == "b":
            return bound[node[1]]
        if tag == "+":
            return sympy.Add(*map(build, node[1:]))
        if tag == "*":
            return sympy.Mul(*map(build, node[1:]))
        if tag == "^":
            return small_power(build(node[1]), build(node[2]))
        if tag == "f":
            if node[1] not in FUNCTIONS:
                raise Unsupported(node[1])
            return FUNCTIONS[node[1]](*map(build, node[2:]))
        if tag == "u":
            return self.unknown(node[1], node[2], [build(a) for a in node[3:]])
        if tag in ("sum", "product"):
            variable, body = self.bound(node, bound, integer=True)
            return (sympy.Sum if tag == "sum" else sympy.Product)(body, (variable, build(node[3]), build(node[4])))
        if tag == "integral":
            variable, body = self.bound(node, bound, real=True)
            return sympy.Integral(body, (variable, build(node[3]), build(node[4])))
        if tag == "limit":
            variable, body = self.bound(node, bound, real=True)
            to = build(node[3])
            return sympy.Limit(body, variable, to, "+" if to.is_infinite else SIDES[node[4]])
        if tag == "antiderivative":
            return sympy.Integral(build(node[2]), self.symbol(node[1]))
        if tag == "derivative":
            return sympy.Derivative(build(node[2]), self.symbol(node[1]))
        raise Unsupported(tag)


# --- numbers ---


class Unknown(Exception):
    """No value here, or none that is known well enough."""


def real(x):
    if isinstance(x, mpmath.mpc):
        if abs(x.imag) > abs(x) * mpmath.mpf(10) ** (5 - mp.dps):
            raise Unknown
        return x.real
    return mpmath.mpf(x)


def whole(x):
    x = real(x)
    near = int(mpmath.nint(x))
    if abs(x - near) > mpmath.mpf(10) ** -12:
        raise Unknown
    return near


def inverse_of(function):
    return lambda x: function(1 / x)


def number_root(x, n):
    n = whole(n)
    if n % 2 and n > 0 and mpmath.im(x) == 0 and mpmath.re(x) < 0:
        return -((-mpmath.re(x)) ** (mpmath.mpf(1) / n))
    return x ** (mpmath.mpf(1) / n)


def number_floor(function):
    def value(x):
        x = real(x)
        if x != mpmath.nint(x) and abs(x - mpmath.nint(x)) < mpmath.mpf(10) ** (8 - mp.dps):
            raise Unknown
        return function(x)

    return value


def bounded(function):
    """A function that grows too fast to be asked about large numbers."""

    def value(x):
        if abs(x) > 10**5:
            raise Unknown
        return function(x)

    return value


def number_log(x, base=None):
    if x == 0 or (base is not None and base == 1):
        raise Unknown
    return mpmath.log(x) if base is None else mpmath.log(x) / mpmath.log(base)


NUMBERS = {
    name: getattr(mpmath, name)
    for name in (
        "sin cos tan cot sec csc asin acos atan sinh cosh tanh coth sech csch asinh acosh atanh exp sqrt sign "
        "re im arg erf"
    ).split()
}
NUMBERS.update(
    {
        "acot": inverse_of(mpmath.atan),
        "asec": inverse_of(mpmath.acos),
        "acsc": inverse_of(mpmath.asin),
        "acoth": inverse_of(mpmath.atanh),
        "asech": inverse_of(mpmath.acosh),
        "acsch": inverse_of(mpmath.asinh),
        "log": number_log,
        "lg": lambda x: number_log(x, mpmath.mpf(10)),
        "lb": lambda x: number_log(x, mpmath.mpf(2)),
        "abs": abs,
        "conjugate": mpmath.conj,
        "floor": number_floor(mpmath.floor),
        "ceil": number_floor(mpmath.ceil),
        "cbrt": lambda x: number_root(x, 3),
        "root": number_root,
        "cis": lambda x: mpmath.exp(1j * x),
        "atan2": lambda y, x: mpmath.atan2(real(y), real(x)),
        "max": lambda *all: max(map(real, all)),
        "min": lambda *all: min(map(real, all)),
        "mod": lambda a, b: real(a) - real(b) * number_floor(mpmath.floor)(real(a) / real(b)),
        "factorial": bounded(mpmath.factorial),
        "factorial2": bounded(lambda n: mpmath.fac2(whole(n))),
        "gamma_function": bounded(mpmath.gamma),
        "binomial": lambda n, k: mpmath.binomial(real(n), real(k)),
    }
)
CONSTANT_VALUES = {"pi": lambda: +mp.pi, "e": lambda: +mp.e, "i": lambda: mpmath.mpc(0, 1), "oo": lambda: mpmath.inf}


def stand_in(index, primes, arguments):
    """A smooth function that an unknown one is tried with, or its derivative."""
    u = sum(((k + 1) * a for k, a in enumerate(arguments)), mpmath.mpf(0))
    p, q = mpmath.mpf(7 + 2 * index) / 10, mpmath.mpf(3 + index) / 11
    return p**primes * mpmath.sin(p * u + primes * mp.pi / 2 + index) + q**primes * mpmath.exp(q * u) / 3 + (
        2 if primes == 0 else 0
    )


def slope_of_angle(node, index, bound):
    """How fast the argument of a sine or cosine grows with the bound variable, where it is linear in it."""
    found = []

    def look(n):
        if n and n[0] == "f" and n[1] in ("sin", "cos"):
            at = [number(n[2], {**bound, ("b", index): mpmath.mpf(x)}) for x in (1, 2, 3)]
            if abs(at[2] - 2 * at[1] + at[0]) < 1e-10 and abs(at[1] - at[0]) > 1e-10:
                found.append(abs(real(at[1] - at[0])))
        return False

    any_node(node, look)
    return max(found) if found else None


def integral_value(node, point):
    index, body = node[1], node[2]
    low, high = real(number(node[3], point)), real(number(node[4], point))

    def at(x):
        try:
            return number(body, {**point, ("b", index): x})
        except (ZeroDivisionError, ValueError, OverflowError):
            raise Unknown from None

    if mpmath.isinf(high) and not mpmath.isinf(low):
        omega = slope_of_angle(body, index, point)
        if omega:
            first = mpmath.quad(at, [low, low + 1])
            return first + mpmath.quadosc(at, [low + 1, mpmath.inf], omega=omega)
    ends = [low, 0, high] if mpmath.isinf(low) and mpmath.isinf(high) else [low, (low + high) / 2, high]
    if mpmath.isinf(high) != mpmath.isinf(low):
        ends = [low, low + 1, high] if mpmath.isinf(high) else [low, high - 1, high]
    value, error = mpmath.quad(at, ends, error=True, maxdegree=8)
    if error > abs(value) * mpmath.mpf(10) ** -12 + mpmath.mpf(10) ** -14:
        raise Unknown
    return value


def series_value(node, point):
    first, last = number(node[3], point), number(node[4], point)
    at = lambda k: number(node[2], {**point, ("b", node[1]): mpmath.mpf(k)})
    if mpmath.isinf(last):
        first = whole(first)
        return mpmath.nsum(at, [first, mpmath.inf]) if node[0] == "sum" else mpmath.nprod(at, [first, mpmath.inf])
    first, last = whole(first), whole(last)
    if not -1 <= last - first < TERMS:
        raise Unknown
    total = mpmath.mpf(0 if node[0] == "sum" else 1)
    for k in range(first, last + 1):
        total = total + at(k) if node[0] == "sum" else total * at(k)
    return total


def limit_value(node, point):
    to, side = number(node[3], point), node[4]
    at = lambda x: number(node[2], {**point, ("b", node[1]): x})
    if mpmath.isinf(to):
        return mpmath.limit(at, to)
    near = lambda sign: mpmath.limit(lambda n: at(to + sign / n), mpmath.inf)
    if side:
        return near(side)
    above, below = near(1), near(-1)
    if abs(above - below) > 1e-8 * (1 + abs(above)):
        raise Unknown
    return above


def number(node, point):
    """The value of a tree at a point, at the precision that is set."""
    tag = node[0]
    if tag == "n":
        return mpmath.mpf(int(node[1]))
    if tag == "q":
        return mpmath.mpf(int(node[1])) / int(node[2])
    if tag == "c":
        return CONSTANT_VALUES[node[1]]()
    if tag in ("s", "b"):
        return point[(tag, node[1])]
    if tag == "+":
        return mpmath.fsum([number(n, point) for n in node[1:]])
    if tag == "*":
        return mpmath.fprod([number(n, point) for n in node[1:]])
    if tag == "^":
        base, exponent = number(node[1], point), number(node[2], point)
        if base == 0 and mpmath.re(exponent) <= 0:
            raise Unknown
        if base != 0 and exponent != 0 and mpmath.isfinite(exponent) and mpmath.mag(exponent) > 4000:
            raise Unknown  # an exponent that has no room itself
        return mpmath.power(base, exponent)
    if tag == "f":
        if node[1] not in NUMBERS:
            raise Unsupported(node[1])
        return NUMBERS[node[1]](*[number(n, point) for n in node[2:]])
    if tag == "u":
        return stand_in(node[1], node[2], [number(n, point) for n in node[3:]])
    if tag in ("sum", "product"):
        return series_value(node, point)
    if tag == "integral":
        return integral_value(node, point)
    if tag == "limit":
        return limit_value(node, point)
    if tag == "derivative":
        index, here = node[1], point[("s", node[1])]
        return mpmath.diff(lambda x: number(node[2], {**point, ("s", index): x}), here)
    raise Unsupported(tag)


FAULTS = (Unknown, ZeroDivisionError, ValueError, OverflowError, TypeError, KeyError, mpmath.libmp.NoConvergence)


def known(node, point):
    """The value at a point, worked out at two precisions that must agree; `None` where there is none."""
    values, rough = [], has_operator(node)
    for digits in (15, 19) if rough else (30, 50):
        with mp.workdps(digits):
            try:
                exact = {k: mpmath.mpf(v[0]) / v[1] for k, v in point.items()}
                values.append(mpmath.mpmathify(number(node, exact)))
            except FAULTS:
                return None
    a, b = values
    if not mpmath.isfinite(a) or not mpmath.isfinite(b):
        return None
    if abs(a - b) > mpmath.mpf(10) ** (-9 if rough else -20) * (abs(b) + mpmath.mpf(10) ** (-3 if rough else -10)):
        return None
    return b


def points_of(indices, counters, count):
    """Points as exact fractions, the same ones always."""
    for p in range(count):
        point = {}
        for place, index in enumerate(sorted(indices)):
            if index in counters:
                point[("s", index)] = (2 + (p * 3 + place * 2) % 7, 1)
            else:
                seed = (37 * (p + 1) + 101 * (place + 1) + 13 * p * place) % 199
                spread = ((1, 211), (3, 197), (-2, 193), (9, 191))[p % 4]
                point[("s", index)] = (spread[0] * (seed + 23), spread[1])
        yield point


def is_real(x):
    return abs(mpmath.im(x)) <= mpmath.mpf(10) ** -9 * (abs(x) + mpmath.mpf(10) ** -9)


def compare_values(a, b, counters):
    """Compares two trees at points: how many agree, one where they differ, whether they have values below zero."""
    rough = has_operator(a) or has_operator(b)
    complex_ = any_node([a, b], lambda n: n == ["c", "i"])
    indices = symbols_of([a, b])
    agreed, differ, below = 0, None, False
    for point in points_of(indices, counters, 1 if not indices else 2 * FEW_POINTS if rough else 2 * POINTS):
        x = known(a, point)
        y = known(b, point) if x is not None else None
        if x is None or y is None or not (complex_ or (is_real(x) and is_real(y)) or not indices):
            continue
        below = below or any(n < 0 for n, _ in point.values())
        size = max(abs(x), abs(y))
        near = mpmath.mpf(10) ** (-9 if rough else -18)
        if abs(x - y) <= near * (size + mpmath.mpf(10) ** (-4 if rough else -12)):
            agreed += 1
        elif abs(x - y) > mpmath.mpf(10) ** (-5 if rough else -10) * size:
            differ = (point, x, y)
            break
        if agreed >= (FEW_POINTS if rough else POINTS):
            break
    return agreed, differ, below


# --- questions ---


def said(word, how, **evidence):
    return {"word": word, "how": how, **evidence}


def evidence(differ):
    """A point and the two values there, to eight digits."""
    point, x, y = differ
    written = lambda v: [mpmath.nstr(mpmath.re(v), 8), mpmath.nstr(mpmath.im(v), 8)]
    at = [[index, mpmath.nstr(mpmath.mpf(n) / d, 8)] for (_, index), (n, d) in sorted(point.items())]
    return {"at": at, "values": [written(x), written(y)]}


SIMPLER = (
    lambda d: d,
    sympy.expand,
    sympy.simplify,
    lambda d: sympy.gammasimp(sympy.combsimp(d.rewrite(sympy.gamma))),
    lambda d: sympy.simplify(sympy.expand_func(d).rewrite(sympy.exp)),
    lambda d: sympy.simplify(d.rewrite(sympy.log)),
)


def vanishes(difference):
    """Whether SymPy finds an expression to be zero."""
    if difference == 0:
        return True
    done = difference.doit()
    for simpler in SIMPLER:
        try:
            if simpler(done) == 0:
                return True
        except MemoryError:
            raise
        except Exception:
            continue
    return False


def worked_out(expression):
    """The expression without sums, integrals, limits and derivatives; `None` where SymPy leaves one."""
    try:
        done = expression.doit()
    except Exception:
        return None
    left = done.has(sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit, sympy.Derivative, sympy.nan, sympy.zoo)
    return None if left else done


def enough(agreed, indices, rough):
    return agreed >= (1 if not indices else FEW_POINTS if rough else POINTS // 2)


def decimal_text(x):
    with mp.workdps(40):
        return mpmath.nstr(mpmath.re(x), 30, min_fixed=-mpmath.inf, max_fixed=mpmath.inf)


def expression(a, b, decimal):
    for left, right in ((a, b), (b, a)):
        if left[0] == "antiderivative" and not decimal:
            # By their derivatives: antiderivatives may differ by a constant.
            result = expression(left[2], ["derivative", left[1], right], False)
            return result if result["word"] == "same" else said("unknown", "none")
    counters = counters_of([a, b], set())
    indices = symbols_of([a, b])
    rough = has_operator(a) or has_operator(b)
    if decimal:
        # A decimal may be rounded: what it counts as is for the host to say.
        x, y = (known(side, {}) if not indices else None for side in (a, b))
        if x is None or y is None or not is_real(x) or not is_real(y):
            return said("unknown", "none")
        return said("unknown", "decimals", decimals=[decimal_text(x), decimal_text(y)])
    agreed, differ, below = compare_values(a, b, counters)
    if differ and not rough:
        return said("different", "values", **evidence(differ))
    builder = Builder(counters)
    x, y = builder.build(a, {}), builder.build(b, {})
    if differ:
        # Numbers of sums, integrals and limits are estimates: SymPy's own results must differ there as well.
        if all(n > 0 for n, _ in differ[0].values()):
            builder = Builder(counters, positive=True)
            x, y = builder.build(a, {}), builder.build(b, {})
        left, right = worked_out(x), worked_out(y)
        if left is None or right is None:
            return said("unknown", "none")
        at = {builder.symbol(k[1]): sympy.Rational(*v) for k, v in differ[0].items()}
        try:
            gap = complex(sympy.N((left - right).subs(at), 20))
        except (TypeError, ValueError):
            return said("unknown", "none")
        estimate = complex(differ[1] - differ[2])
        if abs(gap - estimate) <= 1e-4 * abs(estimate):
            return said("different", "values", **evidence(differ))
        return said("unknown", "none")
    if not enough(agreed, indices, rough):
        return said("unknown", "none")
    if vanishes(x - y):
        return said("same", "difference", points=agreed)
    if indices and not below:
        # Neither has values where a symbol is negative: what holds of positive ones holds wherever they are defined.
        builder = Builder(counters, positive=True)
        if vanishes(builder.build(a, {}) - builder.build(b, {})):
            return said("same", "difference", points=agreed)
    # More digits at more points than any accident would match, of exact operations only.
    if not rough and agreed >= (POINTS if indices else 1):
        return said("same", "digits", points=agreed)
    return said("unknown", "none")


def equation(a, b):
    """Two equations, by the ratio of what they set to zero."""
    minus = lambda sides: ["+", sides[0], ["*", ["n", "-1"], sides[1]]]
    f, g = minus(a), minus(b)
    counters, indices = counters_of([f, g], set()), symbols_of([f, g])
    ratios = []
    for point in points_of(indices, counters, POINTS):
        x, y = known(f, point), known(g, point)
        if x is not None and y is not None and abs(y) > 1e-6 and abs(x) > 1e-6:
            ratios.append(x / y)
    if len(ratios) < FEW_POINTS or any(abs(r - ratios[0]) > 1e-12 * abs(r) for r in ratios):
        return said("unknown", "none")
    builder = Builder(counters)
    x, y = builder.build(f, {}), builder.build(g, {})
    ratio = sympy.simplify(x.doit() / y.doit())
    if ratio.free_symbols or not ratio.is_finite or ratio == 0:
        return said("unknown", "none")
    return said("same", "ratio", points=len(ratios))


# --- sets of real numbers ---

NAMED = {
    "R": sympy.S.Reals,
    "Z": sympy.S.Integers,
    "Q": sympy.S.Rationals,
    "empty": sympy.S.EmptySet,
}
RELATIONS = {"=": sympy.Eq, "!=": sympy.Ne, "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}


class Sets:
    """Trees to sets of real numbers, and whether a number is in the set that a tree describes."""

    def __init__(self, variable):
        self.variable, self.builder = variable, Builder(set())

    def set(self, node):
        tag, build = node[0], lambda n: self.builder.build(n, {})
        if tag == "finite":
            return sympy.FiniteSet(*map(build, node[1:]))
        if tag == "interval":
            return sympy.Interval(build(node[1]), build(node[3]), node[2], node[4])
        if tag == "named":
            return NAMED[node[1]]
        if tag in ("union", "or"):
            return sympy.Union(*map(self.set, node[1:]))
        if tag in ("intersection", "and"):
            return sympy.Intersection(*map(self.set, node[1:]))
        if tag == "minus":
            return self.set(node[1]) - self.set(node[2])
        if tag == "not":
            return sympy.S.Reals - self.set(node[1])
        if tag == "rel":
            relation, symbol = RELATIONS[node[1]](build(node[2]), build(node[3])), self.builder.symbol(self.variable)
            if relation in (sympy.true, sympy.false):
                return sympy.S.Reals if relation == sympy.true else sympy.S.EmptySet
            if node[1] == "=":
                return sympy.solveset(relation, symbol, sympy.S.Reals)
            if node[1] == "!=":
                return sympy.S.Reals - sympy.solveset(sympy.Eq(relation.lhs, relation.rhs), symbol, sympy.S.Reals)
            return sympy.solve_univariate_inequality(relation, symbol, relational=False)
        raise Unsupported(tag)

    def holds(self, node, x):
        """Whether a number is in the set of a tree; raises where that is not known."""
        tag = node[0]
        value = lambda n: real(number(n, {("s", self.variable): x}))
        near = lambda l, r: abs(l - r) <= mpmath.mpf(10) ** (8 - mp.dps) * (1 + abs(l) + abs(r)) if l != r else True
        if tag == "finite":
            return any(near(value(n), x) for n in node[1:])
        if tag == "interval":
            low, high = value(node[1]), value(node[3])
            above = not node[2] if near(low, x) else low < x
            return above and (not node[4] if near(high, x) else x < high)
        if tag == "named":
            if node[1] not in ("R", "Z", "empty"):
                raise Unknown
            return node[1] == "R" or node[1] == "Z" and near(x, mpmath.nint(x))
        if tag in ("union", "or"):
            return any([self.holds(n, x) for n in node[1:]])
        if tag in ("intersection", "and"):
            return all([self.holds(n, x) for n in node[1:]])
        if tag == "minus":
            return self.holds(node[1], x) and not self.holds(node[2], x)
        if tag == "not":
            return not self.holds(node[1], x)
        if tag == "rel":
            try:
                left, right = value(node[2]), value(node[3])
            except FAULTS:
                return False  # not defined on the reals here: not satisfied
            if near(left, right):
                return node[1] in ("=", "<=", ">=")
            return {"=": False, "!=": True, "<": left < right, "<=": left < right}.get(node[1], left > right)
        raise Unsupported(tag)


def ends_of(found):
    """The boundary of a set, where it is finite."""
    edge = found.boundary
    if isinstance(edge, sympy.FiniteSet):
        return [e for e in edge if e.is_number and e.is_finite]
    return []


def plain(found):
    """A finite range of integers as the set that it is."""
    if isinstance(found, sympy.Range) and found.size.is_finite and found.size <= TERMS:
        return sympy.FiniteSet(*found)
    return found


def sets(variable, a, b):
    here = Sets(variable)
    grid = {sympy.Rational(n, 2) for n in range(-41, 42)} | {sympy.Rational(n, 7) for n in range(-40, 41, 3)}
    grid |= {sympy.Integer(s * 10**k + k) for s in (1, -1) for k in (2, 3, 4)}

    def differ_at(points):
        tried = 0
        for p in sorted(points, key=lambda p: float(p)):
            with mp.workdps(40):
                try:
                    x = mpmath.mpmathify(sympy.N(p, 40)).real
                    left, right = here.holds(a, x), here.holds(b, x)
                except FAULTS:
                    continue
            tried += 1
            if left != right:
                return tried, (p, left)
        return tried, None

    tried, differ = differ_at(grid)
    if differ:
        return said("different", "member", at=[[variable, mpmath.nstr(mpmath.mpf(differ[0].p) / differ[0].q, 8)]], member=differ[1])
    left, right = plain(here.set(a)), plain(here.set(b))
    ends = ends_of(left) + ends_of(right)
    around = {e + s for e in ends for s in (0, sympy.Rational(1, 10**6), sympy.Rational(-1, 10**6))}
    more, differ = differ_at(around)
    if differ:
        if differ[0].is_Rational:
            return said("different", "member", at=[[variable, mpmath.nstr(mpmath.mpf(differ[0].p) / differ[0].q, 8)]], member=differ[1])
        return said("unknown", "none")
    same = left == right or sympy.SymmetricDifference(left, right) == sympy.S.EmptySet
    if not same:
        same = left.is_subset(right) is True and right.is_subset(left) is True
    if same and tried + more >= len(grid) // 2:
        return said("same", "sets", points=tried + more)
    return said("unknown", "none")


def one(piece):
    try:
        if piece["kind"] == "expression":
            return expression(piece["a"], piece["b"], piece["decimal"])
        if piece["kind"] == "equation":
            return equation(piece["a"], piece["b"])
        return sets(piece["variable"], piece["a"], piece["b"])
    except MemoryError:
        raise
    except Exception:
        return said("unknown", "none")


def answer(question):
    results = []
    for piece in json.loads(question):
        results.append(one(piece))
        if results[-1]["word"] == "different":
            break
    print(json.dumps(results, allow_nan=False))
