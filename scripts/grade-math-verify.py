#!/usr/bin/env python3
"""Math-Verify on labelled cases, counted as `deliberate grade` counts them.

    pip install math-verify[antlr4_13_2]
    scripts/grade-math-verify.py FILE.jsonl [wrong]

Accuracy, false accepts and false rejects of the same rows as our report, and the time of a pair.
With a second argument, the cases with a wrong verdict are listed.
"""

import json
import logging
import re
import statistics
import sys
import time

from math_verify import parse, verify

PROSE = {"prose", "prose_extraction"}


DELIMITER = re.compile(r"(?<!\\)\$|\\boxed|\\\[|\\\(")


def delimited(case: dict, field: str) -> str:
    """Bare notation in dollars, since Math-Verify looks for delimiters; texts and delimited answers as they are."""
    text = case[field]
    prose = field == "prediction" and case.get("kind") == "text" and not text.startswith("\\")
    return text if prose or DELIMITER.search(text) else f"${text}$"


def verdict(case: dict) -> bool:
    try:
        return bool(verify(parse(delimited(case, "gold")), parse(delimited(case, "prediction"))))
    except Exception:  # what cannot be graded is not accepted
        return False


def main() -> None:
    logging.disable(logging.CRITICAL)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [json.loads(line) for line in file if line.strip()]
    verify(parse("$1$"), parse("$1$"))  # the first call builds the grammar
    verdicts, times = [], []
    for case in cases:
        start = time.perf_counter()
        verdicts.append(verdict(case))
        times.append((time.perf_counter() - start) * 1e6)

    def row(name: str, wanted) -> None:
        chosen = [(case["expected"], said) for case, said in zip(cases, verdicts) if wanted(case)]
        accepts = sum(said and not expected for expected, said in chosen)
        rejects = sum(expected and not said for expected, said in chosen)
        accuracy = 100 * (1 - (accepts + rejects) / max(len(chosen), 1))
        print(f"{name:8} {len(chosen):5} cases  {accuracy:6.2f} %  "
              f"{accepts:3} false accepts  {rejects:3} false rejects")

    def prose(case: dict) -> bool:
        return case.get("category") in PROSE or case.get("convention") in PROSE

    row("core", lambda case: not (prose(case) or case.get("convention") or case.get("disputed")))
    row("answers", lambda case: not prose(case))
    row("prose", prose)
    row("texts", lambda case: case.get("kind") == "text")
    row("all", lambda case: True)
    times.sort()
    print(f"median {statistics.median(times):.0f} us, p99 {times[len(times) * 99 // 100]:.0f} us a pair")
    if len(sys.argv) > 2:
        for case, said in zip(cases, verdicts):
            if said != case["expected"]:
                print("ACCEPTED" if said else "REJECTED", case.get("id"), case["gold"], "|||", case["prediction"][-160:])


if __name__ == "__main__":
    main()
