"""Random small histories: a config, and for each input the records twice, as lines and as what the model reads."""

import json

from support import FLEET, GATEWAY, MIN, S, T0, ack, command, log, rfc3339

APPS, AREAS, USERS, DEVICES = ["ios", "android", "ops", None], ["tokyo", "osaka", "kyoto"], ["u1", "u2", None], ["d1", "d2", "d3"]
STATUSES = [200, 200, 200, 200, 201, 302, 400, 404, 409, 429, 500, 503, 503]


def chance(rng, share):
    return rng.random() < share


def pick_some(rng, values, most):
    return rng.sample(values, rng.randint(1, min(most, len(values))))


def random_config(rng):
    two_legs = chance(rng, 0.5)
    config = {"sources": {"gateway": GATEWAY}, "journeys": {}}
    api = {"source": "gateway", "method": "POST"}
    for verdict in ("bad", "ignore", "good"):
        if chance(rng, 0.3):
            api[verdict] = {"status": pick_some(rng, ["4xx", "5xx", "2xx", "400-409", "500-599", 404, 503, 429, 200], 3)}
    if two_legs:
        config["sources"]["fleet"] = FLEET
        config["journeys"]["Unlock"] = {
            "api": {**api, "route": "/v1/vehicles/{device}/unlock"},
            "device": {"source": "fleet", "command": "unlock", "deadline": rng.choice(["20s", "7s", "1m"])},
            "good_when": rng.choice(["all", "all", "api", "device"])}
        if chance(rng, 0.3):
            del config["journeys"]["Unlock"]["api"], config["journeys"]["Unlock"]["good_when"]
    config["journeys"]["RideStart"] = {"api": {**api, "route": "/v1/rides"}}
    if chance(rng, 0.4):
        config["journeys"]["Special"] = {"api": {**api, "route": "/v1/rides/special"}}
        config["journeys"]["AnyRide"] = {"api": {**api, "route": "/v1/rides/{ride}"}}
    for journey in config["journeys"].values():
        if chance(rng, 0.6):
            journey["retry"] = {"within": rng.choice(["10s", "60s", "3m"])}
            if chance(rng, 0.4) and "api" in journey:
                journey["retry"]["by"] = rng.choice([["user"], ["device"], ["area", "user"], ["app"]])
    if chance(rng, 0.5):
        config["actors"] = {"operator": {"app": "ops"}, "rider": {"app": ["ios", "android"]}}
        if chance(rng, 0.5):
            config["actors"] = {"west": {"area": ["osaka", "kyoto"], "app": ["ios", ""]}, **config["actors"]}
    if chance(rng, 0.5):
        config["alert_policies"] = {"default": random_policy(rng)}
    if chance(rng, 0.2):
        config["evaluation_interval"] = rng.choice(["20s", "30s", "60s"])
    config["slos"] = [random_slo(rng, config, number) for number in range(rng.randint(1, 3))]
    return config


def random_policy(rng):
    shorts, longs = ["20s", "1m", "5m"], ["5m", "10m", "30m", "90m"]
    rules = [{"severity": rng.choice(["page", "ticket"]), "burn": rng.choice([1, 2.5, 14.4, 0.7]),
              "long": long, "short": rng.choice(shorts)} for long in rng.sample(longs, rng.randint(1, 3))]
    return {"rules": rules, "min_bad": rng.choice([1, 2, 5]), "min_devices": rng.choice([1, 1, 2]),
            "per_group": chance(rng, 0.4)}


def random_window(rng):
    if chance(rng, 0.3):
        return {"calendar": rng.choice(["day", "week", "month", "quarter"]),
                "time_zone": rng.choice(["UTC", "Asia/Tokyo", "Asia/Kolkata", "America/New_York", "Asia/Kathmandu"])}
    return rng.choice(["30d", "7d", "1d", "90m", "30m", "10m", "130s", "1h"])


def random_slo(rng, config, number):
    name = rng.choice(list(config["journeys"]))
    journey = config["journeys"][name]
    slo = {"name": f"slo-{number}", "journey": name, "sli": "availability",
           "objective": rng.choice([99, 90, 99.9, 50, 75.25]), "window": random_window(rng)}
    if chance(rng, 0.35):
        slo.update(sli="latency", threshold=rng.choice(["500ms", "1s", "20s", "100ms"]))
    if config.get("actors"):
        slo["actor"] = rng.choice(["rider", ["rider", "unknown"], "unknown", ["operator", "rider", "unknown"]])
    if chance(rng, 0.5):
        slo["group_by"] = rng.choice([["area"], ["app", "area"]]) if "api" in journey else []
        if not slo["group_by"]:
            del slo["group_by"]
        elif chance(rng, 0.4):
            slo["group_objectives"] = [{"match": {"area": rng.choice(["osaka", ["tokyo", "kyoto"]])},
                                        "objective": rng.choice([50, 98])}]
    if "device" in journey and "api" in journey and chance(rng, 0.5):
        slo["leg"] = rng.choice(["api", "device", "all"])
    if chance(rng, 0.2):
        slo["fold"] = False
    if chance(rng, 0.3):
        slo["also"] = [random_window(rng) for _ in range(rng.randint(1, 2))]
    if chance(rng, 0.2):
        slo.update(window=rng.choice(["30d", "1d", "10m", {"calendar": "day", "time_zone": "Asia/Tokyo"}]),
                   budgeting={"slice": rng.choice(["1m", "10s", "5m"]), "target": rng.choice([95, 50, 99.9])})
    return slo


# ---- records -----------------------------------------------------------------------------------------------------


def api_record(rng, at, device, journeys, id):
    """A line and what it says: of a journey, of none, or unreadable."""
    paths = {"RideStart": ["/v1/rides", "/v1/rides/", "/v1/rides?x=/v1"], None: ["/healthz", "/v1/other"],
             "Unlock": [f"/v1/vehicles/{device}/unlock"], "Special": ["/v1/rides/special"], "AnyRide": ["/v1/rides/42"]}
    journey = rng.choice([*journeys, *journeys, *journeys, *journeys, None])
    if journey not in paths or (journey == "Unlock" and not journeys["Unlock"].get("api")):
        journey = None
    labels = {"app": rng.choice(APPS), "area": rng.choice(AREAS)}
    ms = rng.choice([0, 1, 99, 100, 101, 500, 1000, 1001, 7300, 20000, 20001])
    line = log(at, rng.choice(STATUSES), ms, rng.choice(paths[journey]), user=rng.choice(USERS), id=id, **labels)
    if journey != "Unlock" and chance(rng, 0.8):
        line["device"] = device
    record = {"source": "gateway", "kind": "api", "stamp": at, "ms": ms, "journey": journey, "id": id,
              "status": line["status"], "labels": {k: v for k, v in labels.items() if v is not None},
              "device": device if journey == "Unlock" else line.get("device"), "user": line.get("user")}
    if journey is None:
        record["kind"] = "ignored"
    if chance(rng, 0.04):
        record.update(kind="rejected", stamp=None)
        return rng.choice(["{not json", json.dumps({**line, "status": 600}), json.dumps({**line, "status": None}),
                           json.dumps({k: v for k, v in line.items() if k != "ts"})]), record
    return line, record


def as_capital_j(rng, at, line):
    """The same message as `mosquitto_sub -F %J` prints it, somewhere else on Earth."""
    offset = rng.choice([540, -300, 330, 0])
    return {**line, "tst": rfc3339(at, offset, colon=rng.choice([True, False])), "payload": json.loads(line["payload"])}


def leg_record(rng, kind, at, device, id, delay):
    own = at - delay
    make, more = (command, {}) if kind == "command" else (ack, {"status": rng.choice(["ok", "ok", "ok", "busy"])})
    line = make(at, device, id, at=own, **more)
    record = {"source": "fleet", "kind": kind, "stamp": at, "own": own, "device": device, "id": id,
              "good": more.get("status") == "ok"}
    return (as_capital_j(rng, at, line) if chance(rng, 0.3) else line), record


def random_history(rng):
    """(config, inputs, until): inputs are (source, lines, records)."""
    config = random_config(rng)
    start = T0 + rng.randrange(0, 100 * 24 * 60) * MIN + rng.randrange(0, 60 * S)
    span = rng.choice([3, 20, 50]) * MIN
    count = rng.randint(1, 60)
    # Messages without ids have cases by hand: which of several requests keeps waiting how long is not the contract's.
    ids = "all" if "Unlock" in config["journeys"] else rng.choice(["all", "none", "some"])
    gateway, fleet = [], []
    for number in range(count):
        at = start + rng.randrange(0, span)
        device = rng.choice(DEVICES)
        id = f"r{number}" if ids == "all" or (ids == "some" and chance(rng, 0.5)) else None
        gateway.append((at, *api_record(rng, at, device, config["journeys"], id)))
        if "Unlock" in config["journeys"]:
            fleet += random_legs(rng, at - rng.choice([0, 0, 2000, 7000]), device, id, number)
    inputs = [("gateway", *arranged(rng, gateway))]
    if fleet:
        # A message that comes much later than its like finds requests that nobody keeps any more: only backlog here.
        inputs.append(("fleet", *arranged(rng, fleet, late=False)))
    if chance(rng, 0.3):  # one source in two files
        source, lines, records = inputs[0]
        half = len(lines) // 2
        inputs[:1] = [(source, lines[:half], records[:half]), (source, lines[half:], records[half:])]
    rng.shuffle(inputs)
    until = start + rng.randrange(0, span + 20 * MIN) if chance(rng, 0.25) else None
    return config, inputs, until


def random_legs(rng, at, device, id, number):
    legs = []
    if chance(rng, 0.8):
        other = id if chance(rng, 0.9) else f"x{number}"
        delay = rng.choice([0, 0, 0, 100, 120 * S, 121 * S, 300 * S])
        legs.append((at, *leg_record(rng, "command", at, device, other, delay)))
    if chance(rng, 0.75):
        replied = at + rng.choice([-3000, 0, 800, 5000, 6999, 7000, 7001, 19999, 20000, 20001, 60000, 90000])
        delay = rng.choice([0, 0, 0, 500, 120 * S, 121 * S, 240 * S])
        legs.append((replied, *leg_record(rng, "reply", replied, device, id, delay)))
    return legs


def arranged(rng, entries, late=True):
    """By time, with some late lines, and some sent twice."""
    entries = sorted(entries, key=lambda entry: entry[0])
    for _ in range(rng.choice([0, 0, 1, 3]) if late else 0):
        entry = entries.pop(rng.randrange(len(entries)))
        entries.insert(rng.randint(0, len(entries)), entry)
    for _ in range(rng.choice([0, 0, 2])):
        place = rng.randrange(len(entries))
        entries.insert(rng.randint(place, len(entries)), entries[place])
    return [line for _, line, _ in entries], [record for _, _, record in entries]
