#!/usr/bin/env bash
#
# Builds keda_go with KEDA's published module.
#   build.sh OUTPUT [tidy]     with tidy, go.mod and go.sum are brought up to date, too
#
# KEDA keeps its seventy scalers in one package, with the clients of as many services. So the module
# is copied, and of that package only the two files below stay, unchanged.

set -euo pipefail
readonly scalers=(external_scaler.go scaler.go)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
mkdir -p "$(dirname "$1")"
output=$(realpath -m "$1")
readonly work=$output.build
export CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false

rm -rf "$work"
mkdir -p "$work/keda/pkg"
cp "$here"/{main.go,go.mod,go.sum} "$work"
cd "$work"
keda=$(go mod download -json github.com/kedacore/keda/v2 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp "$keda"/go.{mod,sum} keda
for part in apis version pkg/{common,eventreason,metricscollector,scalers/externalscaler,scalers/scalersconfig,util}; do
  mkdir -p "keda/$(dirname "$part")"
  cp -r "$keda/$part" "keda/$part"
done
for file in "${scalers[@]}"; do cp "$keda/pkg/scalers/$file" keda/pkg/scalers; done
# Which stands in the file of another scaler.
printf 'package scalers\n\nconst externalMetricType = "External"\n' > keda/pkg/scalers/external_metric_type.go
chmod -R u+w keda
find keda -name '*_test.go' -delete

go mod edit -replace github.com/kedacore/keda/v2=./keda
if [[ ${2:-} == tidy ]]; then
  go mod tidy
  go mod edit -dropreplace github.com/kedacore/keda/v2 -fmt
  cp go.mod go.sum "$here"
  go mod edit -replace github.com/kedacore/keda/v2=./keda
fi
nice -n 10 go build -mod=readonly -trimpath -ldflags "-s -w" -o "$output" .
