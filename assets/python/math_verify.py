# Math-Verify as its users run it: both sides parsed, compared from both sides, first as they stand and then as formulas
# between dollar signs. A line of JSON for each pair; the pairs are put in below.
import json
import logging


def grade(pairs):
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)

    def same(reference, response):
        for wrap in (str, lambda text: text if "$" in text or "\\boxed" in text else "$" + text + "$"):
            gold, answer = parse(wrap(reference)), parse(wrap(response))
            if verify(gold, answer) or verify(answer, gold):
                return True
        return False

    for pair in pairs:
        try:
            right = any(same(reference, pair["response"]) for reference in pair["references"])
            word = {"id": pair["id"], "outcome": "equivalent" if right else "different"}
        except Exception as error:
            word = {"id": pair["id"], "outcome": "error", "detail": repr(error)[:200]}
        print(json.dumps(word), flush=True)
