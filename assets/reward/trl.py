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
    items = []
    for at, (completion, reference) in enumerate(zip(completions, answer)):
        row = {name: values[at] for name, values in columns.items() if name in _COMPARING and values}
        item = {"reference": reference, "response": _text(completion), **_compared(row)}
        if prompts and prompts[at]:
            item["question"] = _text(prompts[at])
        if domain and domain[at]:
            item["domain"] = domain[at]
        items.append(item)
    return _rewards(items)
