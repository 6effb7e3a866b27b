#!/usr/bin/env python3
"""Writes engine/embedded/builtin_types.cc: the fields of the built-in kinds that the embedded
cluster serves, out of the OpenAPI documents of a real API server, and their numbers in protobuf out
of the Go modules k8s.io/api and k8s.io/apimachinery.

    builtin_types.py MODULES FILE...    MODULES holds api@VERSION and apimachinery@VERSION; the files
                                        are /openapi/v3/api/v1, /openapi/v3/apis/apps/v1 and so on
"""

import glob
import json
import re
import sys

CORE = "Namespace Pod ConfigMap Secret ServiceAccount Event ResourceQuota Node"
ROOTS = (
    ["io.k8s.api.core.v1." + kind for kind in CORE.split()]
    + ["io.k8s.api.apps.v1." + kind for kind in ("Deployment", "ReplicaSet", "StatefulSet")]
    + [
        "io.k8s.api.coordination.v1.Lease",
        "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
        "io.k8s.api.autoscaling.v1.Scale",
        "io.k8s.api.events.v1.Event",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
    ]
)
SPECIAL = {
    "Time": "t",
    "MicroTime": "u",
    "Quantity": "q",
    "IntOrString": "o",
    "FieldsV1": "x",
    "JSON": "x",
    "JSONSchemaPropsOrArray": "x",
    "JSONSchemaPropsOrStringArray": "x",
    "JSONSchemaPropsOrBool": "x",
}
WIDTH = 98
PROTOS = (
    ("api@*/core/v1", ""),
    ("api@*/apps/v1", ""),
    ("api@*/autoscaling/v2", ""),
    ("api@*/autoscaling/v1", ""),
    ("api@*/coordination/v1", ""),
    ("api@*/events/v1", "@events"),
    ("apimachinery@*/pkg/apis/meta/v1", ""),
)
FIELD = re.compile(r"^  (?:optional |repeated )?(map<[^>]*>|\S+) (\w+) = (\d+);", re.M)

schemas = {}
numbers = {}  # type -> field -> (number, type in protobuf)


def read_protos(modules):
    for folder, suffix in PROTOS:
        with open(glob.glob(f"{modules}/{folder}/generated.proto")[0], encoding="utf-8") as proto:
            text = proto.read()
        for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.M | re.S):
            fields = {f: (int(n), t.rsplit(".", 1)[-1]) for t, f, n in FIELD.findall(body)}
            numbers.setdefault(name + suffix, fields)


def numbered(name, fields, todo):
    """The fields with their numbers. What protobuf has and JSON has not is a part that JSON shows
    as if its fields were here; "^" names it, and it becomes a type of its own."""
    known = numbers.get(name, {})
    result = []
    for field, kind in fields:
        result.append(f"{field}:{kind}" + (f"={known[field][0]}" if field in known else ""))
    names = {field for field, _ in fields}
    for field, (number, kind) in known.items():
        if field not in names and kind in numbers:
            result.append(f"^:{kind}={number}")
            here = dict(fields)
            todo[kind] = [(f, here[f]) for f in sorted(numbers[kind]) if f in here]
    return result


def reference(schema):
    if "allOf" in schema:
        schema = schema["allOf"][0]
    return schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None


def short(full):
    name = full.rsplit(".", 1)[1]
    return name + "@events" if ".api.events." in full else name


def letter(schema, found):
    full = reference(schema)
    if full:
        name = full.rsplit(".", 1)[1]
        if name in SPECIAL:
            return SPECIAL[name]
        found.append(full)
        return short(full)
    kind = schema.get("type")
    if kind == "array":
        inner = letter(schema["items"], found)
        strategy = schema.get("x-kubernetes-patch-strategy", "")
        if "merge" in strategy.split(","):
            return "[" + inner + "|" + schema.get("x-kubernetes-patch-merge-key", "")
        return "[" + inner
    if kind == "object":
        values = schema.get("additionalProperties")
        return "{" + letter(values, found) if isinstance(values, dict) else "x"
    if kind == "integer":
        return "l" if schema.get("format") == "int64" else "i"
    if kind == "string":
        return "B" if schema.get("format") == "byte" else "s"
    return {"boolean": "b", "number": "f"}.get(kind, "x")


def main():
    read_protos(sys.argv[1])
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as document:
            schemas.update(json.load(document)["components"]["schemas"])
    todo, lines = list(ROOTS), {}
    while todo:
        full = todo.pop()
        if short(full) in lines:
            continue
        found, fields = [], []
        for field, schema in sorted(schemas[full].get("properties", {}).items()):
            fields.append((field, letter(schema, found)))
        lines[short(full)] = fields
        todo += found
    parts = {}
    lines = {name: numbered(name, fields, parts) for name, fields in lines.items()}
    for name, fields in parts.items():
        lines.setdefault(name, numbered(name, fields, {}))
    print("// Made by test/kube/builtin_types.py; the notation is told in type_table.cc.\n")
    print('#include "engine/embedded/type_table.h"\n')
    print("namespace hpaplus::embedded {\n")
    print("std::string_view BuiltinTypes() {\n  return R\"(")
    for name in sorted(lines):
        line = name
        for field in lines[name]:
            if len(line) + 1 + len(field) > WIDTH:
                print(line)
                line = " " + field
            else:
                line += " " + field
        print(line)
    print(")\";\n}\n\n}  // namespace hpaplus::embedded")


main()
