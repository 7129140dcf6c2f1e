"""Which messages belong to which request, and what that decides: the naive side of "Two legs"."""

from support import MIN, S

SKEW = 5 * S
PATIENCE = 10 * MIN


def duration(text):
    return int(text[:-1]) * {"s": S, "m": MIN}[text[-1]]


def lacks(a, b):
    return a is None or b is None


class Join:
    def __init__(self, journey):
        self.has_api = "api" in journey
        self.deadline = duration(journey["device"]["deadline"])
        self.patience = max(PATIENCE, self.deadline)
        self.attempts, self.commands, self.replies, self.unmatched = [], [], [], 0

    def api(self, attempt):
        window = (attempt["start"] - SKEW, attempt["start"] + self.deadline)
        found = self._earliest([c for c in self.commands if self._same_id(c["id"], attempt["api_id"])]) or \
            self._earliest([c for c in self.commands if c["device"] == attempt["device"]
                            and lacks(c["id"], attempt["api_id"]) and window[0] <= c["at"] <= window[1]])
        self.attempts.append(attempt)
        if found:
            self.commands.remove(found)
            attempt["command"], attempt["reply"] = found, found.pop("reply", None)
        if attempt["reply"] is None:
            self._take_reply(attempt, [r for r in self.replies if self._same_id(r["id"], attempt["api_id"])])

    def command(self, leg):
        """Returns the attempt that the command opens, in a journey without an API leg."""
        if not self.has_api:
            attempt = {"start": leg["at"], "arrival": leg["arrival"], "device": leg["device"], "has_api": False,
                       "number": leg["number"], "api_id": None, "command": leg, "reply": None, "api_end": None}
            self.attempts.append(attempt)
            self._waiting_reply(attempt, leg)
            return attempt
        free = [a for a in self.attempts if a["command"] is None]
        found = self._first([a for a in free if self._same_id(a["api_id"], leg["id"])]) or \
            self._first([a for a in free if a["device"] == leg["device"] and lacks(a["api_id"], leg["id"])
                         and a["start"] - SKEW <= leg["at"] <= a["start"] + self.deadline])
        if found:
            found["command"] = leg
        else:
            self.commands.append(leg)
        owner = found or leg
        if owner.get("reply") is None:
            self._waiting_reply(owner, leg)
        return None

    def reply(self, leg):
        owners = [(a["command"], a) for a in self.attempts if a["command"]] + [(c, c) for c in self.commands]
        free = [(c, owner) for c, owner in owners if owner.get("reply") is None]
        same = [owner for c, owner in free if self._same_id(c["id"], leg["id"])] + \
            [a for a in self.attempts if a["reply"] is None and self._same_id(a["api_id"], leg["id"])]
        if not same:
            same = [owner for c, owner in sorted(free, key=lambda entry: (entry[0]["at"], entry[0]["number"]))
                    if c["device"] == leg["device"] and lacks(c["id"], leg["id"]) and self._answers(c, leg)]
        if same:
            same[0]["reply"] = leg
        else:
            self.replies.append(leg)

    def _answers(self, command, reply):
        return command["at"] - SKEW <= reply["at"] <= command["at"] + self.deadline + self.patience

    def _waiting_reply(self, owner, command):
        same = [r for r in self.replies if self._same_id(r["id"], command["id"])]
        self._take_reply(owner, same or [
            r for r in self.replies if r["device"] == command["device"] and lacks(r["id"], command["id"])
            and self._answers(command, r)])

    def _take_reply(self, owner, replies):
        if found := self._earliest(replies):
            self.replies.remove(found)
            owner["reply"] = found

    @staticmethod
    def _same_id(a, b):
        return a is not None and a == b

    @staticmethod
    def _earliest(legs):
        return min(legs, key=lambda leg: (leg["at"], leg["number"]), default=None)

    @staticmethod
    def _first(attempts):
        return min(attempts, key=lambda attempt: (attempt["start"], attempt["number"]), default=None)

    def tick(self, at):
        for waiting in (self.commands, self.replies):
            waiting[:] = [leg for leg in waiting if leg["arrival"] + self.patience >= at]

    def decide(self, attempt, leg, good_when, at):
        """What is known at tick `at`; None while undecided."""
        def verdict(name, outcome, end):
            return {"verdict": name, "outcome": outcome, "end": end}

        needed = good_when if leg == "all" else leg
        if not attempt["has_api"]:
            needed = "device"
        api = {"good": "ok", "bad": "http_error", "excluded": "excluded"}.get(attempt["api"])
        if attempt["has_api"] and (needed == "api" or (leg != "device" and attempt["api"] == "excluded")
                                   or (needed == "all" and attempt["api"] == "bad")):
            return verdict(attempt["api"], api, attempt["api_end"])
        if (leg == "device" and attempt["has_api"] and attempt["api"] != "good" and not attempt["command"]
                and not attempt["reply"]):
            return None
        reply = attempt["reply"]
        due = (attempt["command"]["at"] if attempt["command"] else attempt["start"]) + self.deadline
        end = max(reply["at"], attempt["api_end"]) if reply and needed == "all" else reply and reply["at"]
        if reply and reply["at"] <= due:
            return verdict("good", "ok", end) if reply["good"] else verdict("bad", "device_refused", end)
        if reply and reply["good"]:
            return verdict("bad", "late_ok", end)
        return verdict("bad", "device_timeout", due) if at > due else None
