"""Writes golden.json with mpmath, 40 digits, independent of the Go code.

Expectations are as printed in the papers, with hypergeometric functions; the
maxima are roots of the gradient. Run: python3 golden.py > golden.json
"""

import itertools
import json
import random

from mpmath import mp, mpf, gamma, beta, exp, log, findroot, diff, hyp2f1, loggamma, matrix, sqrt

mp.dps = 40


def text(x):
    return mp.nstr(x, 20)


def likelihood(r, al, a, b, x, tx, t):
    def rate(power, time):  # E[lambda^power exp(-lambda time)]
        return gamma(r + power) / gamma(r) * al**r / (al + time) ** (r + power)

    def stay(i, j):  # E[p^i (1-p)^j]
        return beta(a + i, b + j) / beta(a, b)

    v = stay(0, x) * rate(x, t)
    if x > 0:
        v += stay(1, x - 1) * rate(x, tx)
    return v


def alive(r, al, a, b, x, tx, t):
    if x == 0:
        return mpf(1)
    here = beta(a, b + x) * (al + t) ** -(r + x)
    gone = beta(a + 1, b + x - 1) * (al + tx) ** -(r + x)
    return here / (here + gone)


def expect(r, al, a, b, x, tx, t, f):
    """Fader, Hardie and Lee (2005), equation 10, as printed."""
    h = hyp2f1(r + x, b + x, a + b + x - 1, f / (al + t + f))
    v = (a + b + x - 1) / (a - 1) * (1 - ((al + t) / (al + t + f)) ** (r + x) * h)
    if x > 0:
        v /= 1 + a / (b + x - 1) * ((al + t) / (al + tx)) ** (r + x)
    return v


def spend(p, q, g, x, m):
    """The mean of x payments Gamma(p, nu) is Gamma(px, nu x); nu is Gamma(q, g)."""
    px = p * x
    return loggamma(px + q) - loggamma(px) - loggamma(q) + q * log(g) + (px - 1) * log(m) + px * log(x) - (px + q) * log(g + m * x)


out = {"process": [], "spend": []}
cdnow = ("0.2426", "4.4136", "0.7929", "2.4259")  # Fader, Hardie and Lee (2005), table 2
grid = [cdnow, ("1.5", "20", "0.1", "3"), ("0.7", "90", "1.000000001", "0.4"), ("8", "3.5", "2.5", "900"), ("0.05", "250", "0.3", "0.2")]
buyers = [(0, "0", "0"), (0, "0", "38.86"), (1, "0.5", "30"), (2, "30.43", "38.86"), (29, "37.2", "38.9"), (3, "1", "400"), (7, "330", "365")]
for params, (x, tx, t) in itertools.product(grid, buyers):
    q = [mpf(v) for v in params] + [x, mpf(tx), mpf(t)]
    row = {"params": [float(v) for v in params], "repeat": x, "recency": float(tx), "age": float(t)}
    row["log_likelihood"] = text(log(likelihood(*q)) if q[6] else mpf(0))
    row["alive"] = text(alive(*q))
    row["expect"] = {f: text(expect(*q, mpf(f))) for f in ("0.5", "39", "365", "3650")}
    out["process"].append(row)
for params in (("6.25", "3.74", "15.44"), ("0.8", "1.4", "3"), ("30", "12", "700")):
    for x, m in ((1, "23.5"), (2, "152.41"), (11, "3.03")):
        p, q, g = map(mpf, params)
        m = mpf(m)
        out["spend"].append({"params": [float(v) for v in params], "repeat": x, "mean": float(m), "log_likelihood": text(spend(p, q, g, x, m)),
                             "expect": text(p * (g + m * x) / (p * x + q - 1))})

# Maxima: 150 buyers that are written down beside their parameters.
rng = random.Random(7)
crowd = []
for i in range(150):
    age = rng.randrange(60, 366)
    rate, drop = rng.gammavariate(0.9, 1 / 25), rng.betavariate(1.1, 3)
    now, times = 0.0, []
    while True:
        now += rng.expovariate(rate)
        if now > age:
            break
        times.append(int(now))
        if rng.random() < drop:
            break
    level = rng.gammavariate(4, 1 / 2500)
    mean = sum(rng.gammavariate(1.5, 1 / level) for _ in times) / len(times) if times else 0
    crowd.append([len(times), max(times, default=0), age, int(mean)])
out["crowd"] = crowd


def total(u):
    r, al, a, b = [exp(v) for v in u]
    s = mpf(0)
    for x, tx, t, _ in crowd:
        v = loggamma(r + x) - loggamma(r) + r * log(al) + loggamma(a + b) + loggamma(b + x) - loggamma(b) - loggamma(a + b + x)
        w = (al + t) ** -(r + x)
        if x > 0:
            w += a / (b + x - 1) * (al + tx) ** -(r + x)
        s += v + log(w)
    return s


def totalSpend(u):
    p, q, g = [exp(v) for v in u]
    s = mpf(0)
    for x, _, _, m in crowd:
        if x > 0 and m > 0:
            s += loggamma(p * x + q) - loggamma(p * x) - loggamma(q) + q * log(g) + (p * x - 1) * log(m) + p * x * log(x) - (p * x + q) * log(g + m * x)
    return s


def maximum(f, start):
    k = len(start)
    order = lambda *on: tuple(on.count(i) for i in range(k))
    slope = [lambda *u, i=i: diff(lambda *w: f(w), u, order(i)) for i in range(k)]
    mp.dps = 30
    # Climb with coarse Newton steps first, then solve.
    u = list(findroot(slope, [log(mpf(v)) for v in start], tol=1e-30, maxsteps=60))
    h = matrix(k, k)
    for i in range(k):
        for j in range(k):
            h[i, j] = -diff(lambda *w: f(w), u, order(i, j))
    c = h**-1
    return {"params": [text(exp(v)) for v in u], "errors": [text(exp(u[i]) * sqrt(c[i, i])) for i in range(k)], "log_likelihood": text(f(u))}


import sys
starts = json.loads(sys.argv[1]) if len(sys.argv) > 1 else [[0.9, 25, 1.1, 3], [1.5, 4, 2500]]
out["fit"] = maximum(total, starts[0])
out["fit_spend"] = maximum(totalSpend, starts[1])
json.dump(out, sys.stdout, indent=1)
