"""`loong verify` over shard files as Ray tasks: two workers, of which one dies on the way.

    ray_shards.py PROGRAM FOLDER        reads FOLDER/in.*, writes FOLDER/out.*

A shard is written aside and renamed once it is whole, so that a task that is run again, wherever, does no harm.
"""
import os
import pathlib
import signal
import subprocess
import sys

import ray

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])


@ray.remote(max_retries=3)
def verify(shard: str) -> int:
    source = pathlib.Path(shard)
    target = source.with_name(source.name.replace("in.", "out."))
    aside = target.with_name(f"aside.{target.name}.{os.getpid()}")
    died = folder / "died"
    with source.open("rb") as given, aside.open("wb") as out:
        if source.name == "in.03" and not died.exists():
            died.touch()
            subprocess.run([program, "verify", "-j1"], stdin=given, stdout=out, timeout=60)
            os.kill(os.getpid(), signal.SIGKILL)  # before the rename: nothing of it counts
        subprocess.run([program, "verify", "-j1"], stdin=given, stdout=out, check=True)
    aside.rename(target)
    return target.stat().st_size


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
shards = sorted(map(str, folder.glob("in.*")))
sizes = ray.get([verify.remote(shard) for shard in shards])
assert (folder / "died").exists(), "no worker died"
print(f"{len(sizes)} shards, {sum(sizes)} bytes")
