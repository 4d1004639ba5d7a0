#!/usr/bin/env python3
"""What users have today, on the same machine: a cached call through LiteLLM, from memory, disk and Redis, and diskcache alone.

pip install litellm==1.106.0 diskcache==5.6.3 redis==8.1.0; then: python benches/peers.py; Redis where there is a redis-server.
Prompts of 2 KiB and answers of 4 KiB, as in cache.rs. No network is used: the answers are mocked.
"""

import hashlib
import logging
import os
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import diskcache
import litellm
from litellm.caching.caching import Cache

logging.disable(logging.CRITICAL)
litellm.suppress_debug_info = True
litellm.telemetry = False

WORDS = "price the swing high low of a fair value gap order block at and with bearish bullish structure".split()


def words(seed, length):
    dice = random.Random(seed)
    text = ""
    while len(text) < length:
        text += dice.choice(WORDS) + " "
    return text[:length]


COUNT = 300
PROMPTS = [words(n, 2048) for n in range(COUNT)]
ANSWERS = [words(n + 1_000_000, 4096) for n in range(COUNT)]


def ask(n):
    return litellm.completion(
        model="gpt-4o",
        messages=[{"role": "user", "content": PROMPTS[n]}],
        temperature=0.7,
        mock_response=ANSWERS[n],
        caching=True,
    )


def median(label, run):
    times = []
    for n in range(COUNT):
        begun = time.perf_counter()
        run(n)
        times.append(time.perf_counter() - begun)
    print(f"{label:<44} {statistics.median(times) * 1e6:>9.1f} µs")


def main():
    litellm.cache = Cache(type="local")
    first = ask(0)
    assert ask(0).id == first.id, "the second call was not served from the cache"
    for n in range(COUNT):
        ask(n)
    median("LiteLLM completion(), from its memory cache", ask)
    with tempfile.TemporaryDirectory() as directory:
        litellm.cache = Cache(type="disk", disk_cache_dir=directory)
        for n in range(COUNT):
            ask(n)
        median("LiteLLM completion(), from its disk cache", ask)
    with tempfile.TemporaryDirectory() as directory:
        store = diskcache.Cache(directory)
        key = lambda n: hashlib.sha256(PROMPTS[n].encode()).hexdigest()
        for n in range(COUNT):
            store[key(n)] = ANSWERS[n]
        median("diskcache alone, with a SHA-256 key", lambda n: store[key(n)])
    if shutil.which("redis-server"):
        from_redis()


def from_redis():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        litellm.cache = Cache(type="redis", host="127.0.0.1", port=str(port))
        for n in range(COUNT):
            ask(n)
        first = ask(0)
        assert ask(0).id == first.id, "the second call was not served from the cache"
        median("LiteLLM completion(), from its Redis cache", ask)
    finally:
        server.kill()


main()
