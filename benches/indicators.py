#!/usr/bin/env python3
"""What users have today, on the same candles and machine: TA-Lib's indicators, in C.

pip install TA-Lib numpy; WICKDESK_BENCH_DUMP=/tmp/candles cargo bench --bench facts -- nothing; python benches/indicators.py /tmp/candles
"""

import statistics
import sys
import time

import numpy
import talib

table = numpy.loadtxt(f"{sys.argv[1]}/million.csv", delimiter=",", skiprows=1)
high, low, close = (numpy.ascontiguousarray(table[:, column]) for column in (2, 3, 4))


def median(call, rounds=30):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


print(f"TA-Lib {talib.__version__}, C {talib.__ta_version__.decode()}, {len(close):,} candles, milliseconds")
print(f"rsi {median(lambda: talib.RSI(close, 14)):.2f}")
print(f"ema {median(lambda: talib.EMA(close, 20)):.2f}")
print(f"atr {median(lambda: talib.ATR(high, low, close, 14)):.2f}")
