"""Figures that ours must equal, by other hands: statsmodels, scikit-learn and irrCAC.

How reference.tsv was made (statsmodels 0.15.0, scikit-learn 1.9.1, irrCAC 0.4.4, numpy 1.26.4, Python 3.11):

    pip install statsmodels scikit-learn irrCAC
    python tests/review/reference.py > tests/review/reference.tsv

A line a case, fields apart by tabs: the kind, the counts as JSON, the figures as JSON.
"""

import json
import warnings

import numpy
from irrCAC.raw import CAC
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

warnings.filterwarnings("ignore")
draw = numpy.random.default_rng(20261121)


def line(kind, counts, figures):
    print(kind, json.dumps(counts), json.dumps(figures), sep="\t")


for k, n in [(0, 1), (1, 2), (0, 7), (3, 7), (2, 30), (29, 30), (14, 51), (0, 400), (6, 1999), (51_200, 52_000)]:
    low, high = proportion_confint(k, n, alpha=0.05, method="wilson")
    line("wilson", [k, n], [low, high])

tables = [[[20, 5], [10, 15]], [[50, 0], [0, 50]], [[0, 9], [7, 0]], [[97, 1], [1, 1]], [[1, 0], [3, 0]]]
tables += [draw.integers(0, 40, (2, 2)).tolist() for _ in range(8)]
tables += [draw.integers(0, 25, (3, 3)).tolist() for _ in range(5)]
tables += [(draw.integers(0, 6, (4, 4)) + 20 * numpy.eye(4, dtype=int)).tolist() for _ in range(3)]
for table in tables:
    found = cohens_kappa(numpy.array(table))
    first = [i for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    second = [j for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    assert abs(cohen_kappa_score(first, second) - found.kappa) < 1e-12
    line("cohen", table, [found.kappa, found.std_kappa, found.kappa_low, found.kappa_upp])

for words, raters, items in [(2, 3, 12), (2, 2, 30), (3, 4, 20), (2, 5, 40), (4, 3, 25), (3, 6, 9), (2, 3, 200)]:
    lean = draw.dirichlet(numpy.ones(words) * 0.6, items)
    said = numpy.array([draw.choice(words, raters, p=p) for p in lean])
    counts = [[int((row == w).sum()) for w in range(words)] for row in said]
    kappa = fleiss_kappa(numpy.array(counts), method="fleiss")
    import pandas

    other = CAC(pandas.DataFrame(said), digits=15).fleiss()["est"]
    assert abs(other["coefficient_value"] - kappa) < 1e-9
    line("fleiss", counts, [float(kappa), float(other["se"])])
