"""Distances between texts that ours must equal, by scikit-learn.

How distances.tsv was made (scikit-learn 1.9.1, Python 3.11):

    pip install scikit-learn
    python tests/review/distances.py > tests/review/distances.tsv

A line a set of texts, fields apart by tabs: the texts as JSON, the matrix of cosine distances between their TF-IDF vectors
(TfidfVectorizer as it comes, but for the words: those apart by spaces, also of one letter), and that of Jaccard distances
between their sets of words (sklearn.metrics, on CountVectorizer(binary=True)).
"""

import json
import random

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import pairwise_distances

draw = random.Random(20261121)
WORDS = "find the sum of all primes below 30 a graph has 5 vertices 3.14 edges colour it prove that n is even ∑ 完 全 图".split()
WORDS.remove("∑")


def text():
    return " ".join(draw.choice(WORDS) for _ in range(draw.randrange(1, 40)))


sets = [
    ["what is 2 3", "what is 2 4", "what is 2 3", "name a prime"],
    ["one", "one one one", "one two"],
    ["how many ways are there to tile a 2 by 12 board", "in how many ways can a 2 by 13 board be tiled", "完 全 图 k 6"],
]
sets += [[text() for _ in range(n)] for n in (2, 3, 8, 25)]
for texts in sets:
    how = {"tokenizer": str.split, "token_pattern": None}
    tfidf = TfidfVectorizer(**how).fit_transform(texts)
    words = CountVectorizer(binary=True, **how).fit_transform(texts).toarray().astype(bool)
    cosine = 1 - (tfidf @ tfidf.T).toarray()
    jaccard = pairwise_distances(words, metric="jaccard")
    print(json.dumps(texts, ensure_ascii=False), json.dumps(cosine.tolist()), json.dumps(jaccard.tolist()), sep="\t")
