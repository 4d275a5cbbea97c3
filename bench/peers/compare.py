#!/usr/bin/env python3
"""deliberate, its_hub and OptiLLM on one vLLM: wall time, requests, tokens and cores, in turn.

    pip install -r bench/peers/requirements.txt
    vllm serve MODEL --enable-prompt-tokens-details &
    python bench/peers/compare.py http://127.0.0.1:8000 MODEL questions.jsonl [--questions 10] [--budget 16] [--rounds 1]

The same questions, model and sampling, a budget of N generations each, one question after the other (and once more with the
questions of deliberate side by side). Verifiers cost nothing: the peers' are digests of the text, which are as good as dice,
deliberate's is the log-probability of what was drawn. So only the work of the server and of the coordinator is compared, not
what comes out. Counts are differences of the server's own /metrics.
"""
import argparse
import asyncio
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = "Solve the problem step by step, one short step on each line. End with a line: The answer is N."
# Tokens of a whole solution, of a step, and steps at most.
WHOLE, STEP, STEPS = 128, 64, 6
COUNTED = {
    "vllm:prompt_tokens_total": "prompt",
    "vllm:generation_tokens_total": "drawn",
    "vllm:prefix_cache_hits_total": "cached",
}


def counts(url):
    """The server's counters."""
    told = dict.fromkeys([*COUNTED.values(), "requests"], 0.0)
    for line in urllib.request.urlopen(url + "/metrics", timeout=60).read().decode().splitlines():
        if line.startswith("#") or not line:
            continue
        key, value = line.rsplit(" ", 1)
        name = key.split("{")[0]
        if name in COUNTED:
            told[COUNTED[name]] += float(value)
        if name == "http_requests_total" and "completions" in key:
            told["requests"] += float(value)
    return told


def cores():
    """Seconds of this process and those that it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def questions(path, many):
    with open(path) as lines:
        rows = [json.loads(line) for line in lines][:many]
    return [row.get("problem") or row["question"] for row in rows]


def dice(text):
    return (int(hashlib.sha256(text.encode()).hexdigest(), 16) % 1000 + 0.5) / 1001


def its_hub(method, url, model, asked, budget):
    from its_hub.api.reward_models.orm import AbstractOutcomeRewardModel
    from its_hub.api.reward_models.prm import AbstractProcessRewardModel
    from its_hub.core.algorithms.beam_search import BeamSearch
    from its_hub.core.algorithms.bon import BestOfN
    from its_hub.core.algorithms.particle_gibbs import ParticleFiltering
    from its_hub.core.lms.openai_lm import OpenAICompatibleLanguageModel
    from its_hub.core.lms.step_generation import StepGeneration

    class Whole(AbstractOutcomeRewardModel):
        async def ascore(self, messages, **_):
            if isinstance(messages[0], list):
                return [dice(str(one[-1].content)) for one in messages]
            return dice(str(messages[-1].content))

        def score(self, messages, **_):
            return asyncio.run(self.ascore(messages))

    class Steps(AbstractProcessRewardModel):
        async def ascore(self, _prompt, steps, **_):
            return [dice(step) for step in steps] if isinstance(steps, list) else dice(steps)

        def score(self, prompt, steps, **_):
            return asyncio.run(self.ascore(prompt, steps))

    def steps():
        return StepGeneration(
            max_steps=STEPS, step_token="\n", stop_token="The answer is", temperature=0.8,
            include_stop_str_in_output=True,
        )

    algorithm = {
        "best-of-n": lambda: BestOfN(Whole()),
        "beam": lambda: BeamSearch(steps(), Steps(), beam_width=4),
        "particle": lambda: ParticleFiltering(steps(), Steps()),
    }[method]()
    served = OpenAICompatibleLanguageModel(
        endpoint=url + "/v1", api_key="none", model_name=model, system_prompt=SYSTEM, temperature=0.8,
        max_tokens=WHOLE if method == "best-of-n" else STEP,
    )

    async def all_of_them():
        for question in asked:
            await algorithm.ainfer(served, question, budget, return_response_only=True)
        await served.close()

    return lambda: asyncio.run(all_of_them())


def optillm(method, url, model, asked, budget):
    from openai import OpenAI
    from optillm.bon import best_of_n_sampling

    assert method == "best-of-n"
    client = OpenAI(base_url=url + "/v1", api_key="none", timeout=580)

    def all_of_them():
        for question in asked:
            best_of_n_sampling(SYSTEM, question, client, model, n=budget, request_config={"max_tokens": WHOLE})

    return all_of_them


def deliberate(method, url, _model, asked, budget, side_by_side):
    strategy = {
        "best-of-n": "best-of-n",
        "beam": f"beam:branching=4,rounds={STEPS}",
        "particle": f"particle:rounds={STEPS}",
    }[method]
    tokens = WHOLE if method == "best-of-n" else STEP * STEPS

    def all_of_them():
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/questions.jsonl", "w") as lines:
                lines.writelines(json.dumps({"problem": question, "answer": "0"}) + "\n" for question in asked)
            program = os.environ.get("DELIBERATE", "target/release/deliberate")
            command = f"{program} run {folder}/questions.jsonl --quiet --server {url} --strategy {strategy} --budget {budget}"
            command += f" --max-tokens {tokens} --verifier logprob --temperature 0.8 --prompt {HERE}/prompt.toml"
            command += f" --concurrency {len(asked) if side_by_side else 1} --run-directory {folder}/run"
            code = subprocess.run(command.split(), stdout=subprocess.DEVNULL).returncode
            # 3: not every question came to an answer, of such a model within so few tokens.
            assert code in (0, 3), command

    return all_of_them


WAYS = {
    "its_hub": its_hub,
    "OptiLLM": optillm,
    "deliberate": lambda *given: deliberate(*given, False),
    "deliberate, side by side": lambda *given: deliberate(*given, True),
}
ORDER = [
    *((method, who) for method in ["best-of-n"] for who in WAYS),
    *((method, who) for method in ["beam", "particle"] for who in WAYS if who != "OptiLLM"),
]


def main():
    about, usage = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=about, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("model")
    parser.add_argument("dataset")
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--budget", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        method, who = given.one
        asked = questions(given.dataset, given.questions)
        work = WAYS[who](method, given.url, given.model, asked, given.budget)
        spent, started = cores(), time.time()
        work()
        print(json.dumps({"wall": time.time() - started, "cores": cores() - spent}))
        return
    print(f"{given.model}, {given.questions} questions, N = {given.budget}, {given.rounds} rounds", flush=True)
    columns = "wall s", "requests", "prompt tokens", "of them cached", "drawn", "coordinator CPU s", "ms a generation"
    print("| method | who | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 2), flush=True)
    for _ in range(given.rounds):
        for method, who in ORDER:
            before = counts(given.url)
            ran = subprocess.run([sys.executable, *sys.argv, "--one", method, who], capture_output=True, text=True)
            if ran.returncode:
                print(f"| {method} | {who} | failed: {ran.stderr.strip().splitlines()[-1]} |", flush=True)
                continue
            told = {key: value - before[key] for key, value in counts(given.url).items()}
            took = json.loads(ran.stdout.strip().splitlines()[-1])
            cells = [f"{took['wall']:.1f}", *(f"{told[key]:,.0f}" for key in ["requests", "prompt", "cached", "drawn"])]
            cells += [f"{took['cores']:.2f}", f"{1000 * took['cores'] / (given.questions * given.budget):.1f}"]
            print(f"| {method} | {who} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
