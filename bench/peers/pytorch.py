"""PyTorch, eager, written the usual way: masked linear layers, a batch-norm layer, torch.optim.Adam.

An engine by the protocol of serve.ts.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

configuration = json.loads(sys.argv[1])
torch.set_num_threads(configuration["threads"])
torch.manual_seed(0)
D, H = configuration["size"], configuration["hidden"]


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask)

    def forward(self, x):
        return nn.functional.linear(x, self.mask * self.weight, self.bias)


def made(outputs):
    inputs = torch.arange(1, D + 1)
    degrees = [inputs] + [torch.arange(h) % max(1, D - 1) + min(1, D - 1) for h in H]
    layers = []
    for a, b in zip(degrees[:-1], degrees[1:]):
        layers += [MaskedLinear((b[:, None] >= a[None, :]).float()), nn.Tanh()]
    last = (inputs[:, None] > degrees[-1][None, :]).float().repeat(outputs, 1)
    return nn.Sequential(*layers, MaskedLinear(last))


class Autoregressive(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = made(2)

    def parts(self, x):
        shift, raw = self.net(x).chunk(2, dim=-1)
        return shift, 3 * torch.tanh(raw / 3)

    def inverse(self, y):
        shift, log_scale = self.parts(y)
        return (y - shift) * torch.exp(-log_scale), -log_scale.sum(-1)

    def forward(self, x):
        y = torch.zeros_like(x)
        for i in range(D):
            shift, log_scale = self.parts(y)
            y[:, i] = x[:, i] * torch.exp(log_scale[:, i]) + shift[:, i]
        return y


class BatchNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(D))
        self.gamma = nn.Parameter(torch.zeros(D))
        self.register_buffer("mean", torch.zeros(D))
        self.register_buffer("variance", torch.ones(D))

    def inverse(self, y):
        if self.training:
            mean, variance = y.mean(0), y.var(0, unbiased=False)
            self.mean.mul_(0.99).add_(0.01 * mean.detach())
            self.variance.mul_(0.99).add_(0.01 * variance.detach())
        else:
            mean, variance = self.mean, self.variance
        log_scale = self.gamma - 0.5 * torch.log(variance + 1e-5)
        return (y - mean) * torch.exp(log_scale) + self.beta, log_scale.sum()

    def forward(self, x):
        return (x - self.beta) * torch.exp(-self.gamma) * torch.sqrt(self.variance + 1e-5) + self.mean


class Reverse(nn.Module):
    def inverse(self, y):
        return y.flip(-1), 0.0

    def forward(self, x):
        return x.flip(-1)


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for i in range(configuration["layers"]):
            layers += ([Reverse()] if i > 0 else []) + [Autoregressive()]
            layers += [BatchNorm()] if configuration["batchNorm"] else []
        self.layers = nn.ModuleList(layers)
        self.base = torch.distributions.Normal(torch.zeros(D), torch.ones(D))

    def log_prob(self, y):
        total = 0.0
        for layer in reversed(self.layers):
            y, log_det = layer.inverse(y)
            total = total + log_det
        return self.base.log_prob(y).sum(-1) + total

    def sample(self, z):
        for layer in self.layers:
            z = layer(z)
        return z


flow = Flow()
optimiser = torch.optim.Adam(flow.parameters(), lr=1e-3)
data = torch.randn(configuration["batch"] * configuration["steps"], D)
table = torch.randn(configuration["rows"], D)


def now():
    return time.perf_counter(), time.process_time()


def since(start, count=1):
    return dict(zip(("seconds", "cpuSeconds"), ((b - a) / count for a, b in zip(start, now()))))


def train():
    flow.train()
    order = torch.randperm(len(data))
    start = now()
    for rows in order.split(configuration["batch"]):
        optimiser.zero_grad()
        loss = -flow.log_prob(data[rows]).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        optimiser.step()
    return {**since(start, configuration["steps"]), "logLikelihood": -loss.item()}


def timed(program):
    flow.eval()
    with torch.no_grad():
        start = now()
        program(table)
        return since(start)


def peak():
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    # On Linux `ru_maxrss` is the parent's where that held more.
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


programs = {
    "train": train,
    "logProb": lambda: timed(flow.log_prob),
    "sample": lambda: timed(flow.sample),
    "peak": peak,
}
print(json.dumps({"torch": torch.__version__, "python": sys.version.split()[0]}), flush=True)
for line in sys.stdin:
    print(json.dumps(programs[line.strip()]()), flush=True)
