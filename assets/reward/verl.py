"""A reward function for verl, over rows of `loong export --format verl`:

    custom_reward_function.path={module}.py custom_reward_function.name=compute_score

It asks `loong verify` (the environment variable LOONG_COMMAND names another command), or the server at LOONG_VERIFY_URL
with the token LOONG_VERIFY_TOKEN. Where the verifier can't tell it gives None: no reward, and never 0.
"""

import json
import os
import shlex
import subprocess
import threading
import urllib.request
{client}

def compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    item = {"reference": ground_truth, "response": solution_str, **_compared(extra_info or {})}
    if extra_info and extra_info.get("question"):
        item["question"] = extra_info["question"]
    if data_source and data_source.startswith("loong/"):
        item["domain"] = data_source.removeprefix("loong/")
    return _rewards([item])[0]
