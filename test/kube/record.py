#!/usr/bin/env python3
"""Makes one recording, for record.sh, out of what curl wrote: reads a dump of response headers and
a response body, prints JSON. What differs from one run to the next is replaced by constants."""

import argparse
import json
import re
import sys

HEADERS = ("allow", "content-type", "location", "retry-after", "warning", "www-authenticate")
TIME = "2026-01-01T00:00:00Z"
UID = "00000000-0000-0000-0000-000000000000"
VERSION = "1000"
CONSTANTS = {
    "creationTimestamp": TIME,
    "deletionTimestamp": TIME,
    "continue": "CONTINUE",
    "resourceVersion": VERSION,
    "serverAddress": "127.0.0.1:6443",
    "goVersion": "go1",
    "platform": "linux/amd64",
}
TEXT = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), UID),
    (re.compile(r"(too old resource version: )\d+ \(\d+\)"), rf"\g<1>1 ({VERSION})"),
    (re.compile(r"(Too large resource version: \d+, current: )\d+"), r"\g<1>" + VERSION),
)
AGE = re.compile(r"^\d+[smh]$")
# The aggregated discovery document is long; the recording of it keeps these groups.
DISCOVERY_GROUPS = ("apps", "apps.example.com")


def normalise(value, key=None):
    if isinstance(value, dict):
        if value.get("kind") == "APIGroupDiscoveryList":
            value["items"] = [
                item for item in value["items"] if item["metadata"]["name"] in DISCOVERY_GROUPS
            ]
        if value.get("kind") == "Table":
            # By look, not by column: only the first Table of a watch defines the columns.
            for row in value["rows"]:
                row["cells"] = [AGE.sub("0s", c) if isinstance(c, str) else c for c in row["cells"]]
        return {k: normalise(v, k) for k, v in value.items() if k != "managedFields"}
    if isinstance(value, list):
        return [normalise(item) for item in value]
    if isinstance(value, str) and value:
        if key in CONSTANTS and value != "0":
            return CONSTANTS[key]
        for pattern, replacement in TEXT:
            value = pattern.sub(replacement, value)
    return value


def parse(text, watch):
    if watch:
        return [json.loads(line) for line in text.splitlines() if line]
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_headers(path):
    """Status and headers of the last response in the dump; before it may be a 100 Continue."""
    status, headers = 0, {}
    with open(path, encoding="latin-1") as dump:
        for line in dump:
            if line.startswith("HTTP/"):
                status, headers = int(line.split()[1]), {}
            elif ":" in line:
                name, value = line.rstrip("\r\n").split(":", 1)
                if name.lower() in HEADERS:
                    headers[name.lower()] = normalise(value.strip())
    return status, dict(sorted(headers.items()))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ("user", "method", "path", "accept", "content-type", "body"):
        arguments.add_argument("--" + name, default="")
    arguments.add_argument("headers_file")
    arguments.add_argument("body_file")
    given = arguments.parse_args()

    request = {"user": given.user, "method": given.method, "path": given.path}
    if given.accept:
        request["accept"] = given.accept
    if given.body:
        request["contentType"] = given.content_type
        request["body"] = parse(given.body, False)
    status, headers = read_headers(given.headers_file)
    with open(given.body_file, encoding="utf-8") as body_file:
        body = body_file.read()
    response = {"status": status, "headers": headers}
    if re.search(r"[?&]watch=", given.path) and status == 200:
        response["events"] = normalise(parse(body, True))
    else:
        response["body"] = normalise(parse(body, False))
    json.dump({"request": request, "response": response}, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
