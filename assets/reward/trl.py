"""A reward function for TRL's GRPOTrainer, over rows of `loong export --format prompt-only`:

    from {module} import loong_reward
    trainer = GRPOTrainer(model=..., reward_funcs=loong_reward, train_dataset=...)

It asks `loong verify` (the environment variable LOONG_COMMAND names another command), or the server at LOONG_VERIFY_URL
with the token LOONG_VERIFY_TOKEN. Where the verifier can't tell there is no reward, which TRL leaves out: it is never 0.
"""

import json
import os
import shlex
import subprocess
import threading
import urllib.request
{client}

def _text(message):
    """What was said: a completion is text, or messages of which the last one counts."""
    if isinstance(message, str):
        return message
    return (message[-1].get("content") or "") if message else ""


def loong_reward(completions, answer, prompts=None, domain=None, **columns):
    prompts = prompts or [None] * len(completions)
    domain = domain or [None] * len(completions)
    items = []
    for completion, reference, prompt, of_domain in zip(completions, answer, prompts, domain):
        item = {"reference": reference, "response": _text(completion)}
        if prompt:
            item["question"] = _text(prompt)
        if of_domain:
            item["domain"] = of_domain
        items.append(item)
    return _rewards(items)
