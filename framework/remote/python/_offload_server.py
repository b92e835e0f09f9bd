"""The process of an agent or a reward in Python: does what the host asks over shared memory (framework/remote/layout.hpp),
which is open as descriptor 3. Needs NumPy and nothing else. What a plugin in Python looks like: plugins/README.md."""

import ctypes
import json
import mmap
import os
import signal
import sys
import time

import _offload_sources as sources
from _offload_sources import Refusal

SYS_FUTEX = {"x86_64": 202, "aarch64": 98}
WAIT, WAKE = 0, 1
HELLO, CREATE, STEP, SAVE, LOAD, SCALARS, END, MORE, PART, SCORE = range(1, 11)
SAVE_POLICY, LOAD_POLICY = 13, 14
OK, HAS_MORE, FAILED, CONFIG, MEMORY, REFUSED = range(6)
OBSERVE, UPDATE, ACT = 1, 2, 4
VERSION = 2
SENTENCE_MOST = 900
OUTCOMES_KEPT = 256

# Indices of 32-bit words and 64-bit words of the header.
W_VERSION, W_ROWS, W_ACTIONS, W_OBSERVATION, W_BUDGETS, W_FEATURES = 0, 4, 5, 6, 7, 8
W_REQUEST, W_OPERATION, W_FLAGS, W_MODE, W_OBSERVED, W_ACTING, W_SCORING = 96, 97, 98, 99, 100, 101, 102
W_REQUEST_WAITED, W_ONE_PROCESSOR, W_ANSWER, W_STATUS, W_ANSWER_WAITED = 103, 106, 112, 113, 124
Q_BYTES, Q_MESSAGE, Q_MESSAGE_BYTES, Q_VIEWS, Q_TRANSITION, Q_CHOSEN, Q_SCORED = 1, 5, 6, 7, 31, 37, 38
Q_REQUEST_BYTES, Q_ANSWER_BYTES, Q_STEPS, Q_UPDATE_NS, Q_REFUSED = 52, 57, 58, 59, 60
VIEW_OFFSETS = 8

# How often to look for a request before sleeping, some 20 us, and for how many requests to come not to look when that
# was in vain, at most: the host may have no processor of its own (framework/remote/channel.hpp). Where it shares this one
# on purpose, how often to give it away.
LOOKS, SLEEPS_MOST, YIELDS = 400, 127, 3


def data_bytes():
    """What RLIMIT_DATA counts of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[5]) * mmap.PAGESIZE


class Views:
    """The arrays of one view of the shared memory, as a view of n rows each; made once per n."""

    def __init__(self, module, memory, offsets, sizes):
        self.module, self.memory, self.offsets, self.sizes = module, memory, offsets, sizes
        self.made = {}

    def of(self, n):
        view = self.made.get(n)
        if view is None:
            view = self.made[n] = self.module.View(self.memory, self.offsets, self.sizes, n)
        return view


class Server:
    def __init__(self, name, taken_before=None):
        self.name, self.taken_before = name, taken_before
        size = os.fstat(3).st_size
        self.memory = mmap.mmap(3, size)
        # The agent's arrays are of a mapping that cannot be written to.
        self.shown = mmap.mmap(3, size, prot=mmap.PROT_READ)
        whole = memoryview(self.memory)
        self.words, self.longs = whole.cast("I"), whole.cast("Q")
        if self.words[W_VERSION] != VERSION:
            sys.exit("the host speaks another version of the transport; use serve.py of its own build")
        self.text_at, self.text_most = self.longs[Q_MESSAGE], self.longs[Q_MESSAGE_BYTES]
        self.owner = self.owner_of("plugin")
        self.agent, self.rows, self.outcomes = None, {}, {}
        self.kept = b""
        self.reply, self.sent, self.reply_status = b"", 0, OK

    def owner_of(self, kind):
        self.owner = "%s '%s'" % (kind, sources.id_of(self.name))
        return self.owner

    def run(self):
        libc = ctypes.CDLL(None)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        request, answer = ctypes.c_void_p(address + 4 * W_REQUEST), ctypes.c_void_p(address + 4 * W_ANSWER)
        number = ctypes.c_long(SYS_FUTEX[os.uname().machine])
        wait, wake = ctypes.c_int(WAIT), ctypes.c_int(WAKE)
        one, none = ctypes.c_int(1), ctypes.c_void_p(None)
        futex, words, step = libc.syscall, self.words, self.step
        give_away = os.sched_yield
        last = 0
        sleeps = in_vain = 0
        while True:
            if sleeps:
                sleeps -= 1
            else:
                shared = words[W_ONE_PROCESSOR]
                for _ in range(YIELDS if shared else LOOKS):
                    if words[W_REQUEST] != last:
                        in_vain = 0
                        break
                    if shared:
                        give_away()
                else:
                    sleeps = in_vain = min(2 * in_vain + 1, SLEEPS_MOST)
            while words[W_REQUEST] == last:
                words[W_REQUEST_WAITED] = 1
                futex(number, request, wait, ctypes.c_uint(last), none)
                words[W_REQUEST_WAITED] = 0
            last = words[W_REQUEST]
            operation = words[W_OPERATION]
            if operation == STEP and not self.kept:
                step()
            elif operation == SCORE and not self.kept:
                self.score()
            else:
                self.answer(operation)
            words[W_ANSWER] = last
            # A host that goes to sleep in this very moment looks again by itself, 20 ms later.
            if words[W_ANSWER_WAITED]:
                futex(number, answer, wake, one)
            if operation == END:
                # No exit handlers: an agent's could hang.
                sys.stdout.flush()
                os._exit(0)

    def answer(self, operation):
        if operation == MORE:
            return self.send_piece()
        asked = self.longs[Q_REQUEST_BYTES]
        self.kept += self.memory[self.text_at : self.text_at + asked]
        if operation == PART:
            return self.send(OK)
        text, self.kept = self.kept, b""
        if operation in (SAVE, SAVE_POLICY):
            return self.save("save" if operation == SAVE else "save_policy")
        if operation in (LOAD, LOAD_POLICY):
            return self.load("load" if operation == LOAD else "load_policy", text)
        return {CREATE: self.create, SCALARS: self.scalars}.get(operation, self.hello)(text)

    def hello(self, _):
        self.send(OK)

    def send(self, status, reply=b""):
        self.reply, self.sent, self.reply_status = reply, 0, status
        self.send_piece()

    def send_piece(self):
        piece = self.reply[self.sent : self.sent + self.text_most]
        self.memory[self.text_at : self.text_at + len(piece)] = piece
        self.sent += len(piece)
        self.longs[Q_ANSWER_BYTES] = len(piece)
        self.words[W_STATUS] = HAS_MORE if self.sent < len(self.reply) else self.reply_status

    def fail(self, where, error):
        """Answers that the agent failed, with the reason and its place; the traceback is printed."""
        if isinstance(error, Refusal):
            return self.send(error.status, str(error).encode(errors="replace"))
        import traceback

        try:
            traceback.print_exception(type(error), error, sources.own_frames(error.__traceback__))
            sys.stderr.flush()
        except Exception:
            pass
        status = FAILED
        if isinstance(error, MemoryError):
            status = MEMORY
            self.longs[Q_REFUSED] = max(data_bytes() - (self.taken_before or 0), 1)
        reason = sources.reason_of(error, sys.executable)
        sentence = "%s failed in %s: %s" % (self.owner, where, reason)
        return self.send(status, sentence[:SENTENCE_MOST].encode(errors="replace"))

    def create(self, text):
        try:
            asked = json.loads(text)
            self.owner_of(asked["kind"] or "plugin")
            self.limit_memory(asked["memory_limit_mb"])
            sources.watch(asked["library"].rpartition(":")[0])
            import _offload_arrays as arrays
            import _offload_running as running

            self.arrays = arrays
            self.agent = running.create(self.name, asked, self.owner_of)
            self.share_arrays()
            described = self.agent.describe()
            sources.seal()
            self.send(OK, json.dumps(described, allow_nan=False).encode(errors="replace"))
        except BaseException as error:
            self.fail("create", error)

    def limit_memory(self, megabytes):
        if self.taken_before is None:
            self.taken_before = data_bytes()
        if megabytes <= 0:
            return
        import resource

        most = self.taken_before + megabytes * 1_000_000
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))

    def share_arrays(self):
        words, longs = self.words, self.longs
        sizes = (words[W_ACTIONS], words[W_OBSERVATION], words[W_BUDGETS], words[W_FEATURES])
        starts = [Q_VIEWS + VIEW_OFFSETS * i for i in range(3)]
        views = [Views(self.arrays, self.shown, longs[at : at + VIEW_OFFSETS], sizes) for at in starts]
        self.before, self.after, self.next = views
        offsets = longs[Q_TRANSITION : Q_TRANSITION + 6]
        self.transition = self.arrays.Transitions(self.shown, offsets, sizes, views)
        self.chosen = self.arrays.array(self.memory, "i4", longs[Q_CHOSEN], (words[W_ROWS],))

    def step(self):
        words = self.words
        flags = words[W_FLAGS]
        where = "observe"
        try:
            if flags & OBSERVE:
                self.agent.observe(self.transition.of(words[W_OBSERVED]))
            if flags & UPDATE:
                where = "update"
                start = time.perf_counter_ns()
                steps = self.agent.update()
                self.longs[Q_STEPS] = steps & 0xFFFFFFFFFFFFFFFF
                self.longs[Q_UPDATE_NS] = time.perf_counter_ns() - start
            if flags & ACT:
                where = "act"
                n = words[W_ACTING]
                action = self.rows.get(n)
                if action is None:
                    action = self.rows[n] = self.chosen[:n]
                view = self.next.of(n)
                view.action = action
                self.agent.act(view, words[W_MODE] == 0, action)
            self.longs[Q_ANSWER_BYTES] = 0
            words[W_STATUS] = OK
        except BaseException as error:
            self.fail(where, error)

    def score(self):
        try:
            n = self.words[W_SCORING]
            outcomes = self.outcomes.get(n)
            if outcomes is None:
                offsets = self.longs[Q_SCORED : Q_SCORED + 9]
                budgets = self.words[W_BUDGETS]
                outcomes = self.arrays.Outcomes(self.shown, self.memory, offsets, budgets, n)
                # Of the sizes that come again and again.
                if len(self.outcomes) < OUTCOMES_KEPT:
                    self.outcomes[n] = outcomes
            self.agent.score(outcomes)
            self.longs[Q_ANSWER_BYTES] = 0
            self.words[W_STATUS] = OK
        except BaseException as error:
            self.fail("score", error)

    def save(self, name):
        try:
            self.send(OK, self.agent.save(name))
        except BaseException as error:
            self.fail(name, error)

    def load(self, name, text):
        try:
            self.agent.load(name, text)
            self.send(OK)
        except BaseException as error:
            self.fail(name, error)

    def scalars(self, _):
        try:
            self.send(OK, self.agent.read_scalars())
        except BaseException as error:
            self.fail("scalars", error)


def main(name, library=None):
    # What the user types at the host is the host's to hear.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if library is None:
        return Server(name).run()
    import _offload_nursery

    taken_before = data_bytes()
    Server(_offload_nursery.newborn(library), taken_before).run()
